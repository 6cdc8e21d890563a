// When to ask again: at the usual rhythm, later after failures, not while paused or hidden.

const LONGEST = 300; // seconds

export class Poll {
  private timer = 0;
  private failures = 0;
  private least = 0; // seconds that the server asks for
  paused = false;

  constructor(private seconds: number, private work: () => Promise<void>) {
    document.addEventListener("visibilitychange", () => {
      document.body.dataset["hidden"] = String(document.hidden);
      if (!document.hidden && !this.paused) void this.now();
    });
  }

  async now(): Promise<void> {
    clearTimeout(this.timer);
    try {
      await this.work();
    } finally {
      this.next();
    }
  }

  pause(paused: boolean): void {
    this.paused = paused;
    document.body.dataset["paused"] = String(paused);
    clearTimeout(this.timer);
    if (!paused) void this.now();
  }

  succeeded(): void {
    this.failures = 0;
    this.least = 0;
  }

  /** Ask later; return in how many seconds. */
  failed(retrySeconds: number): number {
    this.failures += 1;
    this.least = retrySeconds;
    return this.wait();
  }

  private wait(): number {
    return Math.max(this.least, Math.min(LONGEST, this.seconds * 2 ** this.failures));
  }

  private next(): void {
    clearTimeout(this.timer);
    if (!this.paused && !document.hidden) this.timer = window.setTimeout(() => void this.now(), this.wait() * 1000);
  }
}
