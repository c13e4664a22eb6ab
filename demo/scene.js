/** Who is on which picture. Rows go in; what the page shall show comes out. No page, no calls. */

/** Tiles in the grid, and extra pictures that it takes for them: one's own is there without. */
export const TILES = 9;
export const EXTRA_PICTURES = 8;

/**
 * Works out whose picture the server's main one is. The server says it by the rows: it is that of the member with the
 * floor; the member with the floor sees the one before; and when a screen is shared, no member has the floor.
 */
export class Scene {
  #holder = null;
  #previous = null;
  /** Keys of those who share a screen, the latest last. */
  #sharers = [];

  /**
   * @param {object[]} members As {@link Conference.list} has them.
   * @param {string} selfKey
   * @returns {{main: ?{member: object, isScreen: boolean}, others: object[], self: ?object, isEmpty: boolean}} Who is
   *   on the main picture (null: nobody), whose pictures can be asked for, and whether nobody at all shows one.
   */
  update(members, selfKey) {
    const seen = members.filter((member) => member.video?.visible);
    const others = seen.filter((member) => member.key !== selfKey);
    const holder = members.find((member) => member.video?.floor)?.key ?? null;
    this.#follow(holder, seen);
    this.#followSharers(members);
    const main = this.#main(holder, members, others, selfKey);
    const self = members.find((member) => member.key === selfKey) ?? null;
    return { main, others, self, isEmpty: seen.length === 0 && !main };
  }

  clear() {
    this.#holder = this.#previous = null;
    this.#sharers = [];
  }

  /** A shared screen takes the floor from nobody: it comes back to who had it. */
  #follow(holder, seen) {
    if (holder === null) return;
    if (holder !== this.#holder) {
      if (seen.some((member) => member.key === this.#holder)) this.#previous = this.#holder;
      this.#holder = holder;
    }
    const isThere = seen.some((member) => member.key === this.#previous);
    if (isThere && this.#previous !== holder) return;
    const newest = seen.filter((member) => member.key !== holder).sort((one, two) => two.id - one.id)[0];
    this.#previous = newest?.key ?? null;
  }

  #followSharers(members) {
    const keys = members.filter((member) => member.video?.screen).map((member) => member.key);
    this.#sharers = this.#sharers.filter((key) => keys.includes(key));
    this.#sharers.push(...keys.filter((key) => !this.#sharers.includes(key)));
  }

  #main(holder, members, others, selfKey) {
    const sharer = holder === null ? this.#sharers.at(-1) : undefined;
    if (sharer !== undefined && sharer !== selfKey) {
      return { member: members.find((member) => member.key === sharer), isScreen: true };
    }
    // Somebody who can be seen has the floor, or the rows that say so are on their way.
    for (const key of [this.#holder, this.#previous]) {
      const member = others.find((each) => each.key === key);
      if (member) return { member, isScreen: false };
    }
    return null;
  }
}

/**
 * Which extra picture shows whom. Who is on one stays there; when there are more members than pictures, whoever talks
 * takes the one of who has been silent for longest.
 */
export class PictureSlots {
  /** Call IDs, or null, by the pictures' mids. */
  #shown = new Map();
  #talkedAt = new Map();

  /**
   * @param {string[]} mids The pictures there are.
   * @param {object[]} members Who wants to be on them, in the order of the list.
   * @param {number} now Milliseconds.
   * @returns {Record<string, ?string>} What changed, as {@link VertoCall.view} takes it.
   */
  assign(mids, members, now) {
    const before = this.#shown;
    const keys = new Set(members.map((member) => member.key));
    for (const { key, talking } of members) if (talking) this.#talkedAt.set(key, now);
    for (const key of this.#talkedAt.keys()) if (!keys.has(key)) this.#talkedAt.delete(key);
    this.#shown = new Map(mids.map((mid) => [mid, keys.has(before.get(mid)) ? before.get(mid) : null]));
    for (const member of members) this.#place(member);
    const changed = mids.filter((mid) => (before.get(mid) ?? null) !== this.#shown.get(mid));
    return Object.fromEntries(changed.map((mid) => [mid, this.#shown.get(mid)]));
  }

  /** On which picture a member is; undefined when on none. */
  mid(key) {
    return [...this.#shown].find(([, shown]) => shown === key)?.[0];
  }

  /** Forgets everything: there is a new call. */
  clear() {
    this.#shown.clear();
    this.#talkedAt.clear();
  }

  #place({ key, talking }) {
    if (this.mid(key) !== undefined) return;
    const mid = this.#free() ?? (talking ? this.#quietest(key) : undefined);
    if (mid !== undefined) this.#shown.set(mid, key);
  }

  #free() {
    return [...this.#shown].find(([, shown]) => shown === null)?.[0];
  }

  /** The picture of who has been silent for longest; none while all of them talk. */
  #quietest(key) {
    const now = this.#talkedAt.get(key);
    const since = ([, shown]) => this.#talkedAt.get(shown) ?? 0;
    const [first] = [...this.#shown].sort((one, two) => since(one) - since(two));
    return first && since(first) < now ? first[0] : undefined;
  }
}

/**
 * The members that the grid has tiles for, in the order of the list: first choice those with a picture, second those
 * who talk or talked, then the others.
 */
export function tiled(members, hasPicture, count = TILES) {
  const rank = (member) => (hasPicture(member) ? 0 : member.talking ? 1 : 2);
  const chosen = new Set([...members].sort((one, two) => rank(one) - rank(two)).slice(0, count));
  return members.filter((member) => chosen.has(member));
}
