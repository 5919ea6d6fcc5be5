import type { ErrorCode, UiError } from '../api/types';
import { t } from '../i18n';

const CODES: readonly ErrorCode[] = [
  'sign_in_again',
  'no_permission',
  'not_found',
  'offline',
  'folder_missing',
  'disk_full',
  'keychain_locked',
  'name_not_allowed',
  'journal_too_new',
  'conflict',
  'not_supported',
  'bad_request',
  'already_running',
  'unexpected',
];

/** Makes a `UiError` of anything that was thrown; nothing is guessed from message text. */
export function toUiError(thrown: unknown): UiError {
  if (typeof thrown === 'object' && thrown !== null) {
    const { code, message, detail } = thrown as { code?: unknown; message?: unknown; detail?: unknown };
    const known = CODES.find((c) => c === code);
    if (known && typeof message === 'string') {
      return { code: known, message, detail: typeof detail === 'string' ? detail : null };
    }
  }
  return { code: 'unexpected', message: t.errors.unexpected, detail: describe(thrown) };
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown);
  } catch {
    return String(thrown);
  }
}

/** Heading for an error state. */
export function errorTitle(error: UiError): string {
  return t.errors.titles[error.code];
}
