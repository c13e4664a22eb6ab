import Wire

extension SIPEndpoint {
    /// Calls that end here wait for the answer to their BYE or CANCEL, or gateways for the end of their registration.
    package var isLeaving: Bool { !calls.isEmpty || requests.values.contains(where: Self.isRegistration) }

    private static func isRegistration(_ sent: Sent) -> Bool {
        if case .gateway = sent.purpose { sent.request.method == .register } else { false }
    }
}
