import { parentPrefix } from '../util/address';
import {
  goBack,
  goForward,
  keepView,
  pushRoute,
  replaceRoute,
  sameRoute,
  startHistory,
  type Route,
  type TabHistory,
} from './history';
import type { View } from './listing.svelte';
import { Tabs } from './tabs.svelte';

/** Where the window is and was: tabs, each with its history. What a route shows is up to whoever extends it. */
export abstract class Navigation {
  readonly tabs = new Tabs();

  /** Shows a route; with a view, as it was then. */
  protected abstract show(route: Route, view: Partial<View> | null): void;

  /** How the list looks that is shown now. */
  protected abstract view(): View;

  get route(): Route | null {
    return this.tabs.current?.history.now.route ?? null;
  }

  get canBack(): boolean {
    return (this.tabs.current?.history.past.length ?? 0) > 0;
  }

  get canForward(): boolean {
    return (this.tabs.current?.history.future.length ?? 0) > 0;
  }

  /** Place shown, when it is one of a bucket. */
  get place(): Extract<Route, { kind: 'browse' }> | null {
    return this.route?.kind === 'browse' ? this.route : null;
  }

  /** Place shown, as it is now, as it was, or as rules will make it. */
  get here(): Extract<Route, { kind: 'browse' | 'time' | 'lifecycle' }> | null {
    const { route } = this;
    return route?.kind === 'browse' || route?.kind === 'time' || route?.kind === 'lifecycle' ? route : null;
  }

  /** Goes to a route; with a view, to what it says of the list there. */
  go(route: Route, view: Partial<View> | null = null): void {
    this.leave();
    const history = this.tabs.current?.history;
    this.tabs.set(history ? pushRoute(history, route) : startHistory(route));
    this.show(route, view);
  }

  /** Shows another route in the place of the one that is shown. */
  replace(route: Route): void {
    const history = this.tabs.current?.history;
    if (!history) return;
    this.tabs.set(replaceRoute(history, route));
    this.show(route, null);
  }

  /** Notes that what is shown goes by another route now, without showing it again. */
  note(route: Route): void {
    const history = this.tabs.current?.history;
    if (history && sameRoute(history.now.route, route)) this.tabs.set(replaceRoute(history, route));
  }

  back(): void {
    this.step(goBack);
  }

  forward(): void {
    this.step(goForward);
  }

  /** The folder above, with the focus on where we come from. */
  up(): void {
    const place = this.place;
    const prefix = place ? parentPrefix(place.prefix) : null;
    if (place && prefix !== null) this.go({ ...place, prefix }, { key: place.prefix });
  }

  /** A tab with a route of its own, or with what is shown now; `at` says what to show of it first. */
  openTab(route: Route | null = this.route, at: Partial<View> | null = null): void {
    if (!route) return;
    this.leave();
    const view = route === this.route ? (this.tabs.current?.history.now.view ?? null) : null;
    const id = this.tabs.open(route, view);
    if (at) {
      this.tabs.show(id);
      this.show(route, at);
    } else this.showTab(id);
  }

  showTab(id: number): void {
    if (id === this.tabs.current?.id) return;
    this.leave();
    this.tabs.show(id);
    this.arrive();
  }

  closeTab(id = this.tabs.current?.id): void {
    if (id === undefined) return;
    const shown = this.tabs.current;
    this.tabs.close(id);
    if (shown !== this.tabs.current) this.arrive();
  }

  /** The next tab, or the one before; after the last comes the first. */
  nextTab(step: 1 | -1): void {
    const { list, index } = this.tabs;
    const tab = list[(index + step + list.length) % list.length];
    if (tab) this.showTab(tab.id);
  }

  private step(to: (history: TabHistory) => TabHistory): void {
    this.leave();
    const history = this.tabs.current?.history;
    if (!history) return;
    const next = to(history);
    if (next === history) return;
    this.tabs.set(next);
    this.arrive();
  }

  /** Notes how the list looks that is about to be left. */
  protected leave(): void {
    const history = this.tabs.current?.history;
    if (history?.now.route.kind === 'browse') this.tabs.set(keepView(history, this.view()));
  }

  protected arrive(): void {
    const now = this.tabs.current?.history.now;
    if (now) this.show(now.route, now.view ?? {});
  }
}
