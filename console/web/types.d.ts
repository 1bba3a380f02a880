/** What the types of flow/ name and no page ever holds: Node's own. */
interface Buffer extends Uint8Array {}
