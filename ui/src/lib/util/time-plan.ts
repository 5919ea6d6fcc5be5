import type { TimeChoice, TimePlan } from '../api/types';

/** What takes part before anything is chosen: nothing that is newer is touched. */
export const FIRST_CHOICE: TimeChoice = {
  deleted: true,
  undelete: 'copy',
  changed: true,
  added: 'keep',
  rewritten: false,
  but: [],
};

/** Objects that a plan copies now. */
export function copies(plan: TimePlan): number {
  return plan.undelete.objects + plan.roll_back.objects - plan.thaw.objects;
}

/** Objects that a plan lists: those it does something with, and those it leaves until they are thawed. */
export function inPlan(plan: TimePlan): number {
  return plan.undelete.objects + plan.unmark.objects + plan.roll_back.objects + plan.hide;
}

/** Objects that are restored now: not those that are archived, nor those that are hidden. */
export function restored(plan: TimePlan): number {
  return copies(plan) + plan.unmark.objects;
}
