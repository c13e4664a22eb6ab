/// Where calls go: contexts of extensions, FreeSWITCH's XML dialplan.
///
/// One difference is on purpose: FreeSWITCH starts hunting at an extension named like the destination, so a caller
/// can step over the ones above it. Here hunting always starts at the top.
package struct Dialplan: Sendable {
    private let contexts: [String: DialplanContext]
    /// Variables of the configuration, which `${…}` finds when the call has none of that name.
    private let globals: [String: String]

    /// Contexts of the same name are joined in order.
    package init(contexts: [DialplanContext], globals: [String: String] = [:]) {
        var merged: [String: DialplanContext] = [:]
        for context in contexts {
            if merged[context.name] == nil {
                merged[context.name] = context
            } else {
                merged[context.name]?.extensions += context.extensions
            }
        }
        self.contexts = merged
        self.globals = globals
    }

    /// Whether there is a context of that name.
    func hasContext(_ name: String) -> Bool { contexts[name] != nil }

    package var contextNames: [String] { contexts.keys.sorted() }

    /// Hunts through `context`, or the context `global` when there is no such one.
    ///
    /// Nothing matched, or nothing to run, is a route without applications: NO_ROUTE_DESTINATION.
    ///
    /// - Parameter functions: Answers the API functions in conditions and inline actions.
    package func route(
        _ call: CallAttributes,
        in context: String,
        functions: Template.Functions = { _, _ in nil }
    ) -> Route {
        withoutActuallyEscaping(functions) { functions in
            hunt(Hunt(call: call, globals: globals, functions: functions), in: context)
        }
    }

    private func hunt(_ hunt: Hunt, in context: String) -> Route {
        var hunt = hunt
        guard let context = contexts[context] ?? contexts["global"] else { return hunt.route }
        for candidate in context.extensions {
            let matched = hunt.evaluate(candidate.conditions)
            if matched { hunt.route.extensions.append(candidate.name) }
            if matched, !candidate.continues { break }
            guard hunt.route.applications.count < Self.maximumApplications else { break }
        }
        hunt.route.variables = hunt.call.variables
        hunt.route.suppliedVariables = hunt.call.suppliedVariables
        return hunt.route
    }

    /// The application as it is to be run now, its data filled from the call and from the configuration's variables.
    package func expand(
        _ application: RoutedApplication,
        for call: CallAttributes,
        functions: Template.Functions = { _, _ in nil }
    ) -> ApplicationCall {
        func data(without separators: SuppliedText.Separators) -> String {
            expand(application.data, for: call, functions: functions, without: separators)
        }
        var text = data(without: SuppliedText.separators(of: application.name))
        if application.name == "bridge", SuppliedText.namesSIP(text) { text = data(without: .sipDialString) }
        return ApplicationCall(name: application.name, data: text, origin: application.origin)
    }

    /// As ``expand(_:for:functions:)``, for a variable that may end up in a dial string; `nil` when the caller chose
    /// none of it.
    func harmless(
        _ application: RoutedApplication, for call: CallAttributes, functions: Template.Functions
    ) -> String? {
        guard application.data.isSupplied(by: call.isCallers) else { return nil }
        return expand(application.data, for: call, functions: functions, without: .sipDialString)
    }

    private func expand(
        _ text: Template, for call: CallAttributes, functions: Template.Functions,
        without separators: SuppliedText.Separators
    ) -> String {
        text.expanded(supplied: separators.removed(from:), call: functions) { name in
            if separators.isOfDialStrings, let value = call.suppliedVariables[name] { return value }
            guard let value = call.value(name) else { return globals[name] }
            return call.isCallers(name) ? separators.removed(from: value) : value
        }
    }

    /// A variable of the configuration.
    package func global(_ name: String) -> String? { globals[name] }

    /// Applications one call may collect.
    private static let maximumApplications = 1_000
}

/// What hunting found.
package struct Route: Sendable, Equatable {
    /// Run in this order. Captures are in place; variables are filled in when an application's turn comes, because
    /// the ones before it may set them.
    package internal(set) var applications: [RoutedApplication] = []
    /// The call's variables with what inline actions set.
    package internal(set) var variables: [String: String] = [:]
    /// Of these, what holds text of the caller's, fit for a dial string.
    package internal(set) var suppliedVariables: [String: String] = [:]
    /// Names of the extensions that matched.
    package internal(set) var extensions: [String] = []
}

/// An application whose variables are still to be filled in.
package struct RoutedApplication: Sendable, Hashable {
    package let name: String
    package let data: Template
    package let origin: Origin

    package init(name: String, data: Template, origin: Origin) {
        self.name = name
        self.data = data
        self.origin = origin
    }
}

/// One walk through the conditions of extensions.
private struct Hunt {
    var call: CallAttributes
    let globals: [String: String]
    let functions: Template.Functions
    var route = Route()

    init(call: CallAttributes, globals: [String: String], functions: @escaping Template.Functions) {
        self.call = call
        self.globals = globals
        self.functions = functions
        route.variables = call.variables
        route.suppliedVariables = call.suppliedVariables
    }

    /// Whether the last condition looked at held; anti-actions that ran count as holding, as in FreeSWITCH.
    mutating func evaluate(_ conditions: [DialplanCondition]) -> Bool {
        var matched = false
        for condition in conditions {
            let captures = test(condition.test)
            let holds = captures != nil
            matched = holds
            if let captures {
                run(condition.actions, captures: captures)
                if !condition.nested.isEmpty {
                    let inner = evaluate(condition.nested)
                    matched = inner || !condition.requiresNested
                }
            } else if !condition.antiActions.isEmpty {
                run(condition.antiActions, captures: [])
                matched = true
            }
            if condition.breaks.stops(after: holds) { break }
        }
        return matched
    }

    private mutating func run(_ actions: [DialplanAction], captures: [String]) {
        for action in actions {
            let data = action.data.binding(captures)
            if action.isInline {
                runInline(action.application, data)
            } else {
                route.applications.append(
                    RoutedApplication(name: action.application, data: data, origin: action.origin)
                )
            }
        }
    }

    private mutating func runInline(_ application: String, _ data: Template) {
        let separators = SuppliedText.separators(of: application)
        let text = data.expanded(supplied: separators.removed(from:), call: functions) { name in
            call.isCallers(name) ? value(name).map(separators.removed(from:)) : value(name)
        }
        let isSupplied = data.isSupplied(by: call.isCallers)
        let harmless = isSupplied ? self.harmless(data) : nil
        call.assign(text, for: application, harmless: harmless)
    }

    private func harmless(_ data: Template) -> String {
        let separators = SuppliedText.Separators.sipDialString
        return data.expanded(supplied: separators.removed(from:), call: functions) { name in
            call.suppliedVariables[name]
                ?? (call.isCallers(name) ? value(name).map(separators.removed(from:)) : value(name))
        }
    }

    /// The captures when the test holds.
    private func test(_ test: DialplanCondition.Test) -> [String]? {
        switch test {
        case .always: return []
        case .never: return nil
        case .matches(let match): return captures(of: match)
        case .all(let matches):
            let found = matches.map(captures(of:))
            return found.allSatisfy { $0 != nil } ? found.last ?? [] : nil
        case .any(let matches):
            for match in matches { if let found = captures(of: match) { return found } }
            return nil
        case .exactlyOne(let matches):
            let found = matches.compactMap(captures(of:))
            return found.count == 1 ? found[0] : nil
        }
    }

    private func captures(of match: DialplanMatch) -> [String]? {
        let subject =
            switch match.field {
            case .attribute(let name): call.field(name) ?? ""
            case .text(let template): template.expanded(call: functions, value: value)
            }
        return match.pattern.captures(in: subject, value: value)
    }

    private func value(_ name: String) -> String? { call.value(name) ?? globals[name] }
}
