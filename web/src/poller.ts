// When to ask: every so often, sooner or later after a failure, and never while nobody looks.

const FIRST_WAIT = 30; // seconds, after a failure
const LONGEST_WAIT = 300;

/** How many seconds to wait after failures in a row; `asked`: what the server asks for. */
export function waitAfter(failures: number, asked: number | null): number {
  const own = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, failures - 1));
  return asked === null ? own : Math.max(asked, 1);
}

/** Calls `load` again and again; it returns the seconds to wait, and never throws. */
export class Poller {
  isPaused = false;
  nextAt = 0; // milliseconds since 1970
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly load: () => Promise<number>;
  private isLoading = false;
  private isWanted = false;

  constructor(load: () => Promise<number>) {
    this.load = load;
    document.addEventListener("visibilitychange", () => this.shown());
    window.addEventListener("online", () => void this.now());
  }

  /** Ask now; a request that is under way is followed by another. */
  async now(): Promise<void> {
    clearTimeout(this.timer);
    if (this.isLoading) {
      this.isWanted = true;
      return;
    }
    this.isLoading = true;
    let seconds = 0;
    do {
      this.isWanted = false;
      seconds = await this.load();
    } while (this.isWanted);
    this.isLoading = false;
    this.wait(seconds);
  }

  /** Ask once more after the request that is under way. */
  again(): void {
    this.isWanted = true;
  }

  /** Stop asking, or begin again. */
  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    clearTimeout(this.timer);
    if (!isPaused) void this.now();
  }

  private wait(seconds: number): void {
    this.nextAt = Date.now() + seconds * 1000;
    clearTimeout(this.timer);
    if (this.isPaused || document.hidden || !Number.isFinite(seconds)) return;
    this.timer = setTimeout(() => void this.now(), seconds * 1000);
  }

  private shown(): void {
    document.body.dataset["hidden"] = String(document.hidden);
    if (document.hidden) clearTimeout(this.timer);
    else if (!this.isPaused) void this.now();
  }
}
