// Where a text is no JSON, and why: browsers say that each in another way, and some without a place.

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y;
const DEEPEST = 500;

/** What is wrong, and at which letter. */
class Fault extends Error {
  /**
   * @param {string} message
   * @param {number} at
   */
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

/** Reads without keeping anything. */
class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** Step over what fits here. @param {RegExp} pattern */
  skip(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.test(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  /** The next letter that is no space. */
  peek() {
    this.skip(SPACE);
    return this.text[this.at];
  }

  /** @param {string} why @returns {never} */
  fail(why) {
    throw new Fault(this.at >= this.text.length ? "It ends too early" : why, this.at);
  }

  /** @param {number} depth */
  value(depth) {
    const letter = this.peek();
    if (depth > DEEPEST) this.fail("It is nested too deeply");
    if (letter === "{") this.members("}", () => this.named(depth));
    else if (letter === "[") this.members("]", () => this.value(depth + 1));
    else if (letter === '"') this.string("A text that is not closed, or has a letter that must be escaped");
    else if (letter === "'") this.fail("Texts stand in double quotes");
    else if (!this.skip(SCALAR)) this.fail("A value is expected: text, number, true, false, null, list or object");
  }

  /**
   * @param {string} end
   * @param {() => void} member
   */
  members(end, member) {
    this.at += 1;
    if (this.peek() === end) return void (this.at += 1);
    for (;;) {
      member();
      const letter = this.peek();
      if (letter !== "," && letter !== end) this.fail(`A comma or ${end} is expected`);
      this.at += 1;
      if (letter === end) return;
      if (this.peek() === end) this.fail(`A comma too many before ${end}`);
    }
  }

  /** @param {number} depth */
  named(depth) {
    if (this.peek() !== '"') this.fail("A name in double quotes is expected");
    this.string("A name that is not closed");
    if (this.peek() !== ":") this.fail("A colon is expected after the name");
    this.at += 1;
    this.value(depth + 1);
  }

  /** @param {string} why */
  string(why) {
    if (!this.skip(STRING)) this.fail(why);
  }
}

/**
 * @param {string} text
 * @returns {{message: string, at: number} | null} null if it is JSON
 */
export function fault(text) {
  const reader = new Reader(text);
  try {
    reader.value(0);
    if (reader.peek() !== undefined) reader.fail("Something follows the end");
    return null;
  } catch (error) {
    if (error instanceof Fault) return { message: error.message, at: error.at };
    throw error;
  }
}
