/** What is wrong with an input: a stable code as in verifier/faults.toml, a sentence, and where. */
export class Fault extends Error {
  constructor(code, message, where = "") {
    super(message);
    this.code = code;
    this.where = where;
  }

  /** The sentence with the place in front. */
  told() {
    return this.where ? `${this.where}: ${this.message}` : this.message;
  }
}
