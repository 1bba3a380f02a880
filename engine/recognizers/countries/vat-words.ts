/** Words for value added tax that are the same in every country; each country adds its own. */
export const VAT_WORDS = `vat, vats, vatin, vatid, vatno, vat id, vat number, vat no, vat reg, vat registration, value added tax,
eu vat, vies, reverse charge, tax id, tin`;
