/** Counts the attempts and bytes of one upload, however its requests end. */

interface RequestBytes {
  readonly bytes: number;
  /** Where in the file the request began. */
  readonly start: number;
}

const NOTHING: RequestBytes = { bytes: 0, start: 0 };

/** The counts of one upload. */
export class UploadStats {
  #attempts = 0;
  #settled = 0;
  #running = NOTHING;
  /** The request that ended last, while Storage may still say how much of it arrived. */
  #last = NOTHING;

  get attempts(): number {
    return this.#attempts;
  }

  /** Of all requests, the running one included. */
  get bytesSent(): number {
    return this.#settled + this.#running.bytes;
  }

  /** A new attempt begins. */
  begin(): void {
    this.settle();
    this.#attempts++;
  }

  /** The running request, which began at `start`, has handed over `bytes`. */
  send(bytes: number, start: number): void {
    this.#running = { bytes, start };
  }

  /** The running request has ended. */
  settle(): void {
    this.#settled += this.#running.bytes;
    this.#last = this.#running;
    this.#running = NOTHING;
  }

  /** Storage has `offset` bytes: what the last request handed over beyond it never arrived. */
  confirm(offset: number): void {
    const arrived = Math.min(this.#last.bytes, Math.max(0, offset - this.#last.start));
    this.#settled -= this.#last.bytes - arrived;
    this.#last = { bytes: arrived, start: this.#last.start };
  }
}
