/** The keys of a telephone, for the mouse, for fingers and for the keyboard. */
import { element } from './page.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const LETTERS = { 2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ' };
const NAMES = { '*': 'star', '#': 'hash' };
/** Digits that are shown of what was pressed. */
const SHOWN = 24;

/** Fills `container` with keys. Keys of the keyboard count while the focus is inside. */
export class DialPad {
  #keys = new Map();
  #shown = element('output', { className: 'pad-digits', 'data-testid': 'pad-digits' });

  /**
   * @param {HTMLElement} container
   * @param {(key: string) => void} press
   * @param {object} [options]
   * @param {boolean} [options.showsDigits] Whether what was pressed is shown above the keys.
   */
  constructor(container, press, { showsDigits = true } = {}) {
    this.#shown.setAttribute('aria-label', 'Keys pressed');
    const keys = KEYS.map((key) => this.#makeKey(key, press));
    const grid = element('div', { className: 'pad-keys', role: 'group', 'aria-label': 'Keypad' }, ...keys);
    container.classList.add('pad');
    container.append(...(showsDigits ? [this.#shown] : []), grid);
    container.addEventListener('keydown', (event) => this.#typed(event));
  }

  focus() {
    this.#keys.get('1').focus();
  }

  clear() {
    this.#shown.textContent = '';
  }

  #makeKey(key, press) {
    const letters = element('small', { 'aria-hidden': 'true' }, LETTERS[key] ?? '');
    const onclick = () => {
      this.#shown.textContent = `${this.#shown.textContent}${key}`.slice(-SHOWN);
      press(key);
    };
    const properties = { className: 'key', type: 'button', 'data-testid': `key-${NAMES[key] ?? key}`, onclick };
    const button = element('button', { ...properties, 'aria-label': NAMES[key] ?? key }, key, letters);
    this.#keys.set(key, button);
    return button;
  }

  #typed(event) {
    const button = this.#keys.get(event.key);
    if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    event.preventDefault();
    button.focus();
    button.click();
    button.classList.add('pressed');
    setTimeout(() => button.classList.remove('pressed'), 120);
  }
}
