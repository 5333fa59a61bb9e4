/**
 * Set-up cannot go on, and the user can mend it. Anything else that is thrown here is a bug of set-up and keeps its stack.
 */
export class SetupStop extends Error {
  name = "SetupStop";

  /**
   * @param {string} message what is wrong
   * @param {string} hint what to install or run
   * @param {string} [detail] the last lines of a log
   */
  constructor(message, hint, detail = "") {
    super(message);
    this.hint = hint;
    this.detail = detail;
  }
}
