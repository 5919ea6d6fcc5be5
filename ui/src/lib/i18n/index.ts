import { en } from './en';

/** All text, by code. */
export const t = en;
