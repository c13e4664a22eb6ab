/**
 * What a tab keeps while its page is loaded again, so that the room and calls go on: the session's name, which call was
 * the room's and which were others, the devices in use, and what was in the form.
 *
 * It holds the password, so it is written only when the page goes away, read once, and gone when the tab is closed or
 * was away for longer than a reload takes. The server keeps the calls for longer than that.
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

/** What the page before kept, if this page is that one loaded again or come back to; null otherwise. */
export function takeKept() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    const { type } = performance.getEntriesByType('navigation')[0] ?? {};
    const isSame = type === 'reload' || type === 'back_forward';
    return kept && isSame && Date.now() - kept.at < KEPT_FOR ? kept : null;
  } catch {
    return null;
  }
}
