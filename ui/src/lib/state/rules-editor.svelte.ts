import type { Forecast, Lifecycle, LifecycleDraft, LifecycleEdit, RuleForm, UiError } from '../api/types';
import type { Backend } from '../backend';
import { toUiError } from '../errors';
import { t } from '../i18n';
import {
  abortRule,
  editOf,
  emptyRule,
  freeName,
  isChanged,
  isDirty,
  itemsFrom,
  itemsOf,
  problemsOf,
  rebase,
  type RuleItem,
  type RuleProblem,
} from '../util/rules';
import type { RulesStart } from './lifecycle-place';

/** How the rules are shown: one as a form, all as JSON, all as they are written, or what would change. */
export type EditorView = 'form' | 'json' | 'text' | 'compare';

const TYPED = 250;
const words = t.lifecycle.editor;

/** Edits of the rules of a bucket. Nothing is written before `save`. */
export class RulesEditor {
  opened = $state.raw<Lifecycle | null>(null);
  items = $state.raw<RuleItem[]>([]);
  /** The rule that is shown as a form. */
  chosen = $state<number | null>(null);
  view = $state<EditorView>('form');
  /** The rules as JSON, as a person has it now. */
  json = $state('');
  /** Whether the JSON says what is to be written, and not the forms. */
  byJson = $state(false);
  draft = $state.raw<LifecycleDraft | null>(null);
  drafting = $state(false);
  draftError = $state.raw<UiError | null>(null);
  /** What the rules do as they are, and what they would do. */
  before = $state.raw<Forecast | null>(null);
  after = $state.raw<Forecast | null>(null);
  forecastError = $state.raw<UiError | null>(null);
  /** Why the rules could not be read or saved. */
  error = $state.raw<UiError | null>(null);
  saving = $state(false);
  /** What is there now, when somebody else changed it meanwhile. */
  conflict = $state.raw<Lifecycle | null>(null);
  /** The forms before the JSON was typed into. */
  #forms: RuleItem[] = [];
  #next = 1000;
  #turn = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly backend: Backend,
    readonly connection: string,
    readonly bucket: string,
    private readonly days: number,
  ) {}

  /** The rule that is shown. */
  get item(): RuleItem | null {
    return this.items.find(({ uid }) => uid === this.chosen) ?? null;
  }

  get dirty(): boolean {
    const { opened } = this;
    if (!opened) return false;
    return this.byJson ? this.json !== opened.json : isDirty(this.items, opened.rules);
  }

  /** What the core is told. */
  get edit(): LifecycleEdit {
    return this.byJson ? { rules: null, json: this.json } : editOf(this.items, this.opened?.rules ?? []);
  }

  /** What is wrong with a rule, and what the core says of it by its name. */
  problems(item: RuleItem): RuleProblem[] {
    return problemsOf(
      item.form,
      this.items.filter((other) => other !== item).map(({ form }) => form.id),
    );
  }

  /** How many rules are not in order. */
  get broken(): number {
    return this.items.filter((item) => this.#isBroken(item)).length;
  }

  /** Whether a rule is not in order. Those that nobody touched are the bucket's own business. */
  #isBroken(item: RuleItem): boolean {
    return isChanged(item, this.opened?.rules ?? []) && this.problems(item).length > 0;
  }

  async open(start: RulesStart): Promise<void> {
    const { connection, bucket } = this;
    this.error = null;
    try {
      const opened = await this.backend.call('lifecycle', { connection, bucket });
      this.#begin(opened);
      this.#start(start);
    } catch (thrown) {
      this.error = toUiError(thrown);
    }
  }

  /** The editor is gone: what was asked for is not waited for. */
  stop(): void {
    clearTimeout(this.#typing);
    this.#turn += 1;
  }

  #begin(opened: Lifecycle): void {
    this.opened = opened;
    this.items = itemsOf(opened.rules);
    this.json = opened.json;
    this.byJson = false;
    this.draft = null;
    this.draftError = null;
    this.before = null;
    this.after = null;
    this.chosen = this.items[0]?.uid ?? null;
  }

  #start(start: RulesStart): void {
    if (start.kind === 'new') this.add(emptyRule(words.newName));
    else if (start.kind === 'abort') this.add(abortRule(words.abortName, start.days));
    else if (start.kind === 'rule') {
      const item = this.items[start.rule];
      if (!item) return;
      this.chosen = item.uid;
      if (start.larger_than !== null) this.change({ larger_than: start.larger_than });
    }
  }

  choose(uid: number): void {
    this.chosen = uid;
  }

  /** Changes the rule that is shown. */
  change(more: Partial<RuleForm>): void {
    this.changeOf(this.chosen, more);
  }

  changeOf(uid: number | null, more: Partial<RuleForm>): void {
    // What was said of the rules before is no longer true of them.
    if (!this.byJson) this.draftError = null;
    this.items = this.items.map((item) => (item.uid === uid ? { ...item, form: { ...item.form, ...more } } : item));
  }

  /** A new rule at the end. */
  add(form: RuleForm = emptyRule(words.newName)): void {
    const id = freeName(
      form.id,
      this.items.map((each) => each.form.id),
    );
    const item = { uid: (this.#next += 1), keeps: null, form: { ...form, id } };
    this.items = [...this.items, item];
    this.chosen = item.uid;
  }

  /** A new rule behind one, that says the same. */
  duplicate(uid: number): void {
    const at = this.items.findIndex((item) => item.uid === uid);
    const from = this.items[at];
    if (!from) return;
    const id = freeName(
      words.copyName(from.form.id),
      this.items.map((each) => each.form.id),
    );
    const item = { uid: (this.#next += 1), keeps: null, form: { ...from.form, id } };
    this.items = [...this.items.slice(0, at + 1), item, ...this.items.slice(at + 1)];
    this.chosen = item.uid;
  }

  /** Takes a rule out; the one that comes to its place is shown. */
  remove(uid: number): void {
    const at = this.items.findIndex((item) => item.uid === uid);
    if (at < 0) return;
    this.items = this.items.filter((item) => item.uid !== uid);
    if (this.chosen === uid) this.chosen = (this.items[at] ?? this.items[at - 1])?.uid ?? null;
  }

  /** Shows the rules in another way. What was written as JSON comes into the forms, once it fits. */
  async show(view: EditorView): Promise<boolean> {
    clearTimeout(this.#typing);
    if (view === 'form' && this.byJson && !(await this.#adopt())) return false;
    if (view !== 'form' && !this.byJson && this.broken > 0) {
      // A form with a hole in it has no text yet: what is missing is shown instead.
      this.chosen = this.items.find((item) => this.#isBroken(item))?.uid ?? this.chosen;
      return false;
    }
    this.view = view;
    if (view === 'form') return true;
    // Text and comparison are of what the core makes of the edit, never of a guess.
    const drafted = await this.#draft();
    if (view === 'json' && !this.byJson && drafted) this.json = drafted.json;
    if (view === 'compare' && drafted) await this.#foretell();
    return true;
  }

  /** The JSON was typed into; it is read a moment later. */
  type(text: string): void {
    if (!this.byJson) this.#forms = this.items;
    this.json = text;
    this.byJson = true;
    this.drafting = true;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => void this.#readJson(), TYPED);
  }

  /** The JSON as it was before it was typed into. */
  async dropJson(): Promise<void> {
    clearTimeout(this.#typing);
    this.byJson = false;
    this.items = this.#forms;
    this.chosen = this.items[0]?.uid ?? null;
    const drafted = await this.#draft();
    if (drafted) this.json = drafted.json;
  }

  /** Reads the JSON into the list of rules; it is still what would be written. */
  async #readJson(): Promise<boolean> {
    const name = this.item?.form.id;
    const drafted = await this.#draft();
    const { opened } = this;
    if (!drafted || !opened) return false;
    this.#next += 1;
    this.items = itemsFrom(drafted.rules, opened.rules, this.#next);
    this.#next += drafted.rules.length;
    this.chosen = (this.items.find(({ form }) => form.id === name) ?? this.items[0])?.uid ?? null;
    return true;
  }

  /** Makes forms of the JSON, once it fits. */
  async #adopt(): Promise<boolean> {
    if (!(await this.#readJson())) return false;
    this.byJson = false;
    return true;
  }

  async #draft(): Promise<LifecycleDraft | null> {
    const { connection, bucket, opened, edit } = this;
    if (!opened) return null;
    const mine = (this.#turn += 1);
    this.drafting = true;
    try {
      const draft = await this.backend.call('draft_lifecycle', { connection, bucket, mark: opened.mark, edit });
      if (mine !== this.#turn) return null;
      this.draft = draft;
      this.draftError = null;
      return draft;
    } catch (thrown) {
      if (mine === this.#turn) {
        this.draft = null;
        this.draftError = toUiError(thrown);
      }
      return null;
    } finally {
      if (mine === this.#turn) this.drafting = false;
    }
  }

  async #foretell(): Promise<void> {
    const { connection, bucket, opened, days, edit } = this;
    if (!opened) return;
    const mine = this.#turn;
    this.after = null;
    this.forecastError = null;
    const place = { connection, bucket, days, mark: opened.mark };
    try {
      const [before, after] = await Promise.all([
        this.backend.call('forecast', { ...place, edit: null }),
        this.backend.call('forecast', { ...place, edit }),
      ]);
      if (mine !== this.#turn) return;
      this.before = before;
      this.after = after;
      this.forecastError = after.error;
    } catch (thrown) {
      if (mine === this.#turn) this.forecastError = toUiError(thrown);
    }
  }

  /** Writes the edit, unless somebody changed the rules meanwhile. What is there afterwards, or `null`. */
  async save(): Promise<Lifecycle | null> {
    const { connection, bucket, opened, edit } = this;
    if (!opened || this.saving) return null;
    this.saving = true;
    this.error = null;
    try {
      const saved = await this.backend.call('save_lifecycle', { connection, bucket, mark: opened.mark, edit });
      this.#begin(saved);
      return saved;
    } catch (thrown) {
      const error = toUiError(thrown);
      if (error.code === 'conflict') await this.#look(error);
      else this.error = error;
      return null;
    } finally {
      this.saving = false;
    }
  }

  async #look(error: UiError): Promise<void> {
    const { connection, bucket } = this;
    try {
      this.conflict = await this.backend.call('lifecycle', { connection, bucket });
    } catch {
      this.error = error;
    }
  }

  /** The same edits on what is there now. */
  async again(): Promise<void> {
    const { conflict, opened } = this;
    if (!conflict || !opened) return;
    if (this.byJson && !(await this.#adopt())) {
      // What does not fit cannot be matched; it is put right first.
      this.conflict = null;
      return;
    }
    const items = rebase(this.items, opened.rules, conflict, (this.#next += conflict.rules.length + 1));
    this.#next += conflict.rules.length + 1;
    this.#begin(conflict);
    this.items = items;
    this.chosen = items[0]?.uid ?? null;
    this.conflict = null;
    await this.show('compare');
  }

  /** What is there now, without the edits. */
  theirs(): void {
    const { conflict } = this;
    if (!conflict) return;
    this.#begin(conflict);
    this.conflict = null;
    this.view = 'form';
  }
}
