/**
 * Asks one question at a time. While one is under way only the newest of those that come meanwhile waits, so a slow answer never
 * makes a queue, and answers are told in the order in which they were asked for.
 */
export class Newest<Q, A> {
  #busy = false;
  #next: { question: Q; number: number } | null = null;
  #asked = 0;
  #answered = 0;
  #turn = 0;

  constructor(
    private readonly ask: (question: Q) => Promise<A>,
    private readonly told: (question: Q, answer: A) => void,
    private readonly failed: (question: Q, thrown: unknown) => void,
  ) {}

  /** Whether an answer to the last question is still to come. */
  get behind(): boolean {
    return this.#answered !== this.#asked;
  }

  put(question: Q): void {
    this.#asked += 1;
    this.#next = { question, number: this.#asked };
    if (!this.#busy) void this.#work();
  }

  /** What is under way is not told any more, and nothing waits. */
  drop(): void {
    this.#turn += 1;
    this.#next = null;
    this.#answered = this.#asked;
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#next; next !== null; next = this.#next) {
      this.#next = null;
      const turn = this.#turn;
      const { question, number } = next;
      try {
        const answer = await this.ask(question);
        if (turn !== this.#turn) continue;
        this.#answered = number;
        this.told(question, answer);
      } catch (thrown) {
        if (turn !== this.#turn) continue;
        this.#answered = number;
        this.failed(question, thrown);
      }
    }
    this.#busy = false;
  }
}
