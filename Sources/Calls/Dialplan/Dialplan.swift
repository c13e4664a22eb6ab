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
        return hunt.route
    }

    /// The application as it is to be run now, its data filled from the call and from the configuration's variables.
    package func expand(
        _ application: RoutedApplication,
        for call: CallAttributes,
        functions: Template.Functions = { _, _ in nil }
    ) -> ApplicationCall {
        let isDialString = application.name == "bridge"
        let data = application.data.expanded(call: functions) { name in
            guard let value = call.value(name) else { return globals[name] }
            return isDialString && call.isCallers(name) ? DialString.harmless(value) : value
        }
        return ApplicationCall(name: application.name, data: data, origin: application.origin)
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
            let captures = action.application == "bridge" ? captures.map(DialString.harmless) : captures
            let data = action.data.binding(captures)
            if action.isInline {
                runInline(action.application, data: data.expanded(call: functions, value: value))
            } else {
                route.applications.append(
                    RoutedApplication(name: action.application, data: data, origin: action.origin)
                )
            }
        }
    }

    private mutating func runInline(_ application: String, data: String) {
        for assignment in Assignment.parse(data, for: application) ?? [] { assignment.apply(to: &call.variables) }
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
