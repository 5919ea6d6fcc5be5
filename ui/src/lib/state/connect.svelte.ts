import type {
  ConnectionDraft,
  ConnectionRow,
  FoundProfile,
  KeepSecret,
  SecretPlaces,
  StepResult,
  TestStep,
  UiError,
  UiEvent,
} from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';

/** The steps in their order. */
export const STEPS: readonly TestStep[] = ['name_found', 'secure_line', 'identity', 'list', 'write'];

/** A way in. */
export type Way = { kind: 'profile'; name: string } | { kind: 'key' } | { kind: 'endpoint' };

/** Why the form cannot be used yet; a code of the text catalogue. */
export type FormGap = 'fillKey' | 'fillEndpoint' | 'endpointBad' | 'chooseKeep' | 'passphraseShort';

/** The first-run form and its staged test. A late answer of an old test never replaces a newer one. */
export class Connect {
  profiles = $state.raw<FoundProfile[]>([]);
  places = $state.raw<SecretPlaces | null>(null);
  way = $state.raw<Way | null>(null);
  name = $state('');
  endpoint = $state('');
  region = $state('');
  startIn = $state('');
  accessKey = $state('');
  secretKey = $state('');
  passphrase = $state('');
  keep = $state<KeepSecret | null>(null);
  results = $state.raw<StepResult[]>([]);
  testing = $state(false);
  saving = $state(false);
  practising = $state(false);
  error = $state.raw<UiError | null>(null);
  #run = '';
  #runs = 0;

  needsSecret = $derived(this.way !== null && this.way.kind !== 'profile');
  gap = $derived(this.#gap());
  passed = $derived(this.results.filter((r) => r.outcome === 'passed' || r.outcome === 'limited').length);
  finished = $derived(!this.testing && this.results.length > 0);
  running = $derived(this.testing ? (STEPS[this.results.length] ?? null) : null);

  constructor(private readonly backend: Backend) {}

  async load(): Promise<void> {
    try {
      [this.profiles, this.places] = await Promise.all([
        this.backend.call('found_profiles', {}),
        this.backend.call('secret_places', {}),
      ]);
      this.keep = this.places.keychain ? 'keychain' : null;
    } catch (thrown) {
      this.error = toUiError(thrown);
    }
  }

  pick(way: Way): void {
    this.stop();
    this.way = way;
    this.error = null;
    const profile = way.kind === 'profile' ? this.profiles.find((p) => p.name === way.name) : undefined;
    this.name = '';
    this.region = profile?.region ?? '';
    this.endpoint = profile?.endpoint ?? '';
    this.startIn = '';
    this.accessKey = '';
    this.secretKey = '';
    this.passphrase = '';
  }

  /** The form changed: what was tested no longer holds. */
  touched(): void {
    if (this.testing || this.results.length > 0) this.stop();
  }

  stop(): void {
    this.#run = '';
    this.testing = false;
    this.results = [];
  }

  event(event: UiEvent): void {
    if (event.kind !== 'test_step' || event.run !== this.#run || !this.testing) return;
    if (this.results.some((r) => r.step === event.result.step)) return;
    this.results = [...this.results, event.result];
  }

  async test(): Promise<void> {
    if (this.gap !== null) return;
    this.#runs += 1;
    const run = `test-${Date.now()}-${this.#runs}`;
    this.#run = run;
    this.results = [];
    this.testing = true;
    this.error = null;
    try {
      const results = await this.backend.call('test_connection', { run, draft: this.#draft() });
      if (run === this.#run) this.results = results;
    } catch (thrown) {
      if (run === this.#run) this.error = toUiError(thrown);
    } finally {
      if (run === this.#run) this.testing = false;
    }
  }

  async save(): Promise<ConnectionRow | null> {
    if (this.gap !== null) return null;
    this.saving = true;
    this.error = null;
    try {
      const row = await this.backend.call('save_connection', { draft: this.#draft() });
      this.secretKey = '';
      this.passphrase = '';
      this.stop();
      return row;
    } catch (thrown) {
      this.error = toUiError(thrown);
      return null;
    } finally {
      this.saving = false;
    }
  }

  async practice(): Promise<ConnectionRow | null> {
    this.practising = true;
    this.error = null;
    try {
      return await this.backend.call('start_practice', {});
    } catch (thrown) {
      this.error = toUiError(thrown);
      return null;
    } finally {
      this.practising = false;
    }
  }

  #gap(): FormGap | null {
    const way = this.way;
    if (way === null || way.kind === 'profile') return null;
    if (way.kind === 'endpoint') {
      if (this.endpoint.trim() === '') return 'fillEndpoint';
      if (!/^https?:\/\/[^\s/]+/i.test(this.endpoint.trim())) return 'endpointBad';
    }
    if (this.accessKey.trim() === '' || this.secretKey === '') return 'fillKey';
    if (this.keep === null) return 'chooseKeep';
    if (this.keep === 'passphrase_file' && this.passphrase.length < 8) return 'passphraseShort';
    return null;
  }

  #draft(): ConnectionDraft {
    const profile = this.way?.kind === 'profile' ? this.way.name : null;
    return {
      name: this.name.trim(),
      source: profile === null ? 'access_key' : 'profile',
      profile,
      endpoint: this.endpoint.trim(),
      region: this.region.trim(),
      start_in: this.startIn.trim().replace(/^s3:\/\//i, ''),
      access_key: profile === null ? this.accessKey.trim() : null,
      secret_key: profile === null ? this.secretKey.trim() : null,
      keep: this.keep ?? 'this_session',
      passphrase: profile === null && this.keep === 'passphrase_file' ? this.passphrase : null,
    };
  }
}
