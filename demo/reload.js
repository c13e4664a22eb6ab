/**
 * What a tab keeps while its page is loaded again, so that nobody has to fill in the form twice.
 *
 * It holds the password, so it is written only when the page goes away, read once, and gone when the tab is closed or
 * was away for longer than a reload takes.
 */

const KEY = 'parley.stay';
/** Milliseconds. */
const KEPT_FOR = 30_000;

/** @param {object} stay Whatever {@link takeKept} shall return. */
export function keepForReload(stay) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...stay, at: Date.now() }));
  } catch {
    // without storage the form is shown again
  }
}

/** What the page before kept, if this page is that one loaded again; null otherwise. */
export function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    const isReload = performance.getEntriesByType('navigation')[0]?.type === 'reload';
    return kept && isReload && Date.now() - kept.at < KEPT_FOR ? kept : null;
  } catch {
    return null;
  }
}
