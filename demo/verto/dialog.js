/** The `dialogParams` of a call, and what the server says about its other party. */

/** Of a call that this side makes: what it offers of itself, `options` as {@link VertoCall} takes them. */
export function outgoingDialog({ callID, login, destination, usesVideo, options }) {
  return {
    callID,
    destination_number: destination,
    caller_id_name: options.callerName ?? '',
    caller_id_number: options.callerNumber ?? login?.split('@')[0] ?? '',
    remote_caller_id_name: 'Outbound Call',
    remote_caller_id_number: destination,
    login,
    useVideo: usesVideo,
    userVariables: options.userVariables ?? {},
    ...options.dialogParams,
  };
}

/** Of a call that came from the server, which gets back what it said of the call; `name` is who answers. */
export function incomingDialog({ callID, login, details, name, dialogParams }) {
  return { ...details, callID, login, ...(name && { callee_id_name: name }), ...dialogParams };
}

/** The other party by the parameters of an invite or attach: `{name, number}`, both perhaps empty. */
export function otherParty(details) {
  const side = isFromServer(details) ? 'caller' : 'callee';
  const name = details[`${side}_id_name`] ?? '';
  const number = details[`${side}_id_number`] ?? '';
  return { name: name === 'Outbound Call' ? '' : name, number };
}

/** Whether the server placed the call, so that the caller is the other party. */
export const isFromServer = (details) => details.display_direction === 'outbound';
