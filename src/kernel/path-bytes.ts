/** Paths (latin1) as C strings, in one buffer that is used again and again. */
export class PathBytes {
  readonly #prefix: string;
  #bytes = Buffer.alloc(8192);

  /** `prefix` stands before each of them. */
  constructor(prefix = "") {
    this.#prefix = prefix;
    this.#bytes.write(prefix, "latin1");
  }

  /** Ends with a 0 byte; good until the next call. */
  of(path: string): Buffer {
    const start = this.#prefix.length;
    if (start + path.length + 1 > this.#bytes.length) {
      this.#bytes = Buffer.alloc(2 * (start + path.length));
      this.#bytes.write(this.#prefix, "latin1");
    }
    const end = start + this.#bytes.write(path, start, "latin1");
    // "/srv/tree/" names the directory as well as "/srv/tree", also through a link.
    this.#bytes[end] = 0;
    return this.#bytes;
  }
}
