// Each reads the value of its header field; `nil` when it is not in the form of the RFC named at its type.

extension SIPMediaType {
    package init?(parsing text: String) {
        var cursor = SIPCursor(text)
        cursor.skipSpaces()
        guard let type = cursor.token(), cursor.takeSeparator(UInt8(ascii: "/")), let subtype = cursor.token(),
            let parameters = cursor.parametersToEnd()
        else { return nil }
        self.init(type.lowercased(), subtype.lowercased(), parameters: parameters)
    }
}

extension SIPReplaces {
    package init?(parsing text: String) {
        guard let (callID, parameters) = SIPScanner.headAndParameters(text), let toTag = parameters["to-tag"],
            let fromTag = parameters["from-tag"]
        else { return nil }
        self.init(callID: callID, toTag: toTag, fromTag: fromTag, earlyOnly: parameters.has("early-only"))
    }
}

extension SIPSessionExpires {
    package init?(parsing text: String) {
        guard let (head, parameters) = SIPScanner.headAndParameters(text),
            let seconds = SIPScanner.number(head.utf8, below: 1 << 32)
        else { return nil }
        self.init(seconds, refresher: parameters["refresher"].flatMap { Refresher(rawValue: $0.lowercased()) })
    }
}

extension RAck {
    package init?(parsing text: String) {
        let words = SIPScanner.words(text)
        guard words.count == 3, let rseq = SIPScanner.number(words[0].utf8, below: 1 << 32),
            let cseq = CSeq(parsing: "\(words[1]) \(words[2])")
        else { return nil }
        self.init(UInt32(rseq), cseq)
    }
}

extension SIPReason {
    package init?(parsing text: String) {
        guard let (name, parameters) = SIPScanner.headAndParameters(text), SIPScanner.isToken(name.utf8) else {
            return nil
        }
        self.init(
            name, cause: parameters["cause"].flatMap { SIPScanner.number($0.utf8, below: 1 << 16) },
            phrase: parameters["text"])
    }
}

extension SIPEvent {
    package init?(parsing text: String) {
        guard let (name, parameters) = SIPScanner.headAndParameters(text), SIPScanner.isToken(name.utf8) else {
            return nil
        }
        self.init(name)
        self.parameters = parameters
    }
}

extension SIPSubscriptionState {
    package init?(parsing text: String) {
        guard let (state, parameters) = SIPScanner.headAndParameters(text), SIPScanner.isToken(state.utf8) else {
            return nil
        }
        self.init(state.lowercased())
        self.parameters = parameters
    }
}

extension SIPScanner {
    /// What stands before the first `;` without white space around it, and the parameters behind; `nil` when either
    /// is wrong.
    static func headAndParameters(_ text: String) -> (head: String, parameters: SIPParameters)? {
        var cursor = SIPCursor(text)
        let head = trimmed(cursor.run { $0 != UInt8(ascii: ";") })
        guard !head.isEmpty, !head.contains(where: isSpace), let parameters = cursor.parametersToEnd() else {
            return nil
        }
        return (String(decoding: head, as: UTF8.self), parameters)
    }
}
