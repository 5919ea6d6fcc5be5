import type { RuleForm, RuleWhen } from '../api/types';
import { storageClass } from '../util/format';
import { dateText, sizeText } from '../util/rules';

const days = (k: number | null): string => (k === 1 ? '1 day' : `${Number.isFinite(k) ? String(k) : '…'} days`);
const when = ({ days: k, date }: RuleWhen): string => (date === null ? `after ${days(k)}` : `on ${dateText(date)}`);
const newer = (k: number): string => (k === 0 ? '' : `, but for the ${k === 1 ? 'newest' : `newest ${k}`}`);

/** A rule that is being edited, in plain sentences; of what is in the bucket the core says it. */
export function ruleSentences(form: RuleForm): string[] {
  const size = [
    form.larger_than === null ? '' : ` larger than ${sizeText(form.larger_than)}`,
    form.smaller_than === null ? '' : ` smaller than ${sizeText(form.smaller_than)}`,
  ].join(form.larger_than !== null && form.smaller_than !== null ? ' and' : '');
  const tags = form.tags.map(({ key, value }) => `${key}=${value}`).join(', ');
  const which = `${form.prefix === '' ? 'All objects' : `Objects in ${form.prefix}`}${size}${tags === '' ? '' : ` with ${tags}`}.`;
  return [
    which,
    ...form.transitions.map((move) => `They go to ${storageClass(move.class)} ${when(move.when)}.`),
    ...(form.expiration ? [`They are deleted ${when(form.expiration)}.`] : []),
    ...(form.expired_markers ? ['Delete markers that cover nothing go.'] : []),
    ...form.old_transitions.map(
      (move) =>
        `Old versions go to ${storageClass(move.class)} after ${days(move.when.days)}${newer(move.when.keep_newer)}.`,
    ),
    ...(form.old_expiration
      ? [`Old versions are destroyed after ${days(form.old_expiration.days)}${newer(form.old_expiration.keep_newer)}.`]
      : []),
    ...(form.abort_uploads === null ? [] : [`Unfinished uploads are ended after ${days(form.abort_uploads)}.`]),
  ];
}
