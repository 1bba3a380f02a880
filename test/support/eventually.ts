/** Waits for what comes to pass some time, however slow the machine is. */

const LIMIT_MS = 60_000;
const LOOK_MS = 5;

export async function eventually(holds: () => boolean): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`it did not come to pass within ${LIMIT_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
