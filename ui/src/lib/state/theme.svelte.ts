type Choice = 'light' | 'dark' | 'system';
const STORE = 'windlass.theme';

/** Light or dark: the system's setting until the person chooses. */
export class Theme {
  #choice = $state<Choice>(stored());
  #systemDark = $state(false);
  dark = $derived(this.#choice === 'system' ? this.#systemDark : this.#choice === 'dark');

  constructor() {
    const query = window.matchMedia('(prefers-color-scheme: dark)');
    this.#systemDark = query.matches;
    query.addEventListener('change', (event) => (this.#systemDark = event.matches));
  }

  /** The choice that another window made. */
  read(): void {
    this.#choice = stored();
  }

  toggle(): void {
    this.#choice = this.dark ? 'light' : 'dark';
    try {
      localStorage.setItem(STORE, this.#choice);
    } catch {
      // Without storage the choice lasts until the window closes.
    }
  }
}

function stored(): Choice {
  try {
    const value = localStorage.getItem(STORE);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    return 'system';
  }
}
