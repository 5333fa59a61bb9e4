/**
 * One thing that set-up takes care of.
 * @typedef {object} Step
 * @property {string} name as shown on the screen
 * @property {() => string | null} missing why the step has to run, or null. Reads files only: all of them together
 *   must stay far under a second, because every `npm test` and `npm run demo` asks.
 * @property {(show: (line: string) => void) => void | Promise<void>} install `show` gets the latest line worth showing
 */

export {};
