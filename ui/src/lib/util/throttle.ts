/** At most one run per `gap` milliseconds, the first at once, the last never lost. */
export class Throttle {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = -Infinity;

  constructor(
    private readonly run: () => void,
    private readonly gap = 250,
  ) {}

  poke(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#last + this.gap - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#last = performance.now();
      this.run();
    }, wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
