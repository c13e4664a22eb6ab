/** Why a call between people ended, in words that say what to do. */

/**
 * @param {object} end As {@link VertoCall}'s event `ended` has it.
 * @param {string} who The other party, as it was called.
 * @param {boolean} wasUp Whether the two were connected.
 * @returns {?{title: string, text: string, calm?: boolean}} Null when there is nothing to say.
 */
export function explainCallEnd({ cause, remote, lost }, who, wasUp) {
  if (!remote) return null;
  if (lost) return { title: `The call with ${who} was lost`, text: 'The connection broke for too long. Call again.' };
  const make = endings[cause];
  if (make) return make(who);
  if (wasUp) return { title: `${who} has hung up`, text: 'The call is over.', calm: true };
  return { title: `${who} could not be called`, text: `Try again in a moment. (${cause})` };
}

const unknown = (who) => ({
  title: `Nobody has the number ${who}`,
  text: 'Check the name or number and call again.',
});
const away = (who) => ({
  title: `${who} cannot be reached`,
  text: 'They are not signed in for calls. Try again later, or write a message.',
});
const busy = (who) => ({ title: `${who} is busy`, text: 'They are in another call. Try again in a few minutes.' });
const silent = (who) => ({ title: `${who} does not answer`, text: 'Try again later, or write a message.' });
const refused = (who) => ({ title: `${who} declined the call`, text: 'Try again later, or write a message.' });
const barred = () => ({
  title: 'This login may not call there',
  text: 'Ask whoever runs this bridge to allow it, or call somebody else.',
});
const noMedia = () => ({
  title: 'Sound could not be connected',
  text: 'A firewall may block UDP between you and the server. Try another network.',
});
const noFormat = () => ({
  title: 'There is no sound format that both sides know',
  text: 'Try a current version of your browser.',
});
const full = () => ({ title: 'The server is full', text: 'Wait a moment and call again.' });
const transferred = () => ({ title: 'Transferred', text: 'The other two are talking without you.', calm: true });
const missed = (who) => ({ title: `You missed a call from ${who}`, text: 'Call back when you like.', calm: true });
const elsewhere = () => ({ title: 'Answered elsewhere', text: 'Another of your windows took the call.', calm: true });

const endings = {
  UNALLOCATED_NUMBER: unknown,
  NO_ROUTE_DESTINATION: unknown,
  INVALID_NUMBER_FORMAT: unknown,
  NUMBER_CHANGED: unknown,
  DOES_NOT_EXIST_ANYWHERE: unknown,
  USER_NOT_REGISTERED: away,
  SUBSCRIBER_ABSENT: away,
  USER_BUSY: busy,
  BUSY_EVERYWHERE: busy,
  NO_ANSWER: silent,
  NO_USER_RESPONSE: silent,
  ALLOTTED_TIMEOUT: silent,
  PROGRESS_TIMEOUT: silent,
  NO_PICKUP: silent,
  CALL_REJECTED: refused,
  DECLINE: refused,
  REJECT_ALL: refused,
  UNWANTED: refused,
  OUTGOING_CALL_BARRED: barred,
  INCOMING_CALL_BARRED: barred,
  FACILITY_REJECTED: barred,
  MEDIA_TIMEOUT: noMedia,
  DESTINATION_OUT_OF_ORDER: noMedia,
  INCOMPATIBLE_DESTINATION: noFormat,
  BEARERCAPABILITY_NOTAVAIL: noFormat,
  SWITCH_CONGESTION: full,
  NORMAL_CIRCUIT_CONGESTION: full,
  SERVICE_UNAVAILABLE: full,
  BLIND_TRANSFER: transferred,
  ATTENDED_TRANSFER: transferred,
  ORIGINATOR_CANCEL: missed,
  LOSE_RACE: elsewhere,
  PICKED_OFF: elsewhere,
  SYSTEM_SHUTDOWN: () => ({ title: 'The server is shutting down', text: 'Call again in a minute.' }),
};
