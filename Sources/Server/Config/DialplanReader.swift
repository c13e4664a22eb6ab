import Calls
import Wire

/// Reads `<context>` elements into a dialplan and checks what can be checked before a call comes.
struct DialplanReader {
    private var report: ConfigurationReport

    static func read(
        _ contexts: [XMLElement],
        globals: [String: String],
        _ report: inout ConfigurationReport
    ) -> Dialplan {
        var reader = DialplanReader(report: report)
        let read = contexts.compactMap { reader.context($0) }
        report = reader.report
        return Dialplan(contexts: read, globals: globals)
    }

    private mutating func context(_ element: XMLElement) -> DialplanContext? {
        guard let name = element["name"], !name.isEmpty else {
            report.fail("a context without a name", at: element.origin)
            return nil
        }
        let extensions = element.children.compactMap { child -> DialplanExtension? in
            if child.name == "extension" { return self.extension(child) }
            report.noEffect("<\(child.name)> in <context>", at: child.origin)
            return nil
        }
        return DialplanContext(name: name, extensions: extensions)
    }

    private mutating func `extension`(_ element: XMLElement) -> DialplanExtension {
        let conditions = conditions(in: element)
        if conditions.isEmpty { report.warn("an extension without a condition never matches", at: element.origin) }
        for child in element.children where child.name != "condition" {
            report.fail("<\(child.name)> stands outside of a condition", at: child.origin)
        }
        return DialplanExtension(
            name: element["name"] ?? "",
            continues: flag("continue", of: element) ?? false,
            conditions: conditions,
            origin: element.origin
        )
    }

    private mutating func flag(_ name: String, of element: XMLElement) -> Bool? {
        element[name].flatMap { report.boolean(Parameter(name: name, value: $0, origin: element.origin)) }
    }

    // MARK: Conditions

    private mutating func conditions(in element: XMLElement) -> [DialplanCondition] {
        element.children(named: "condition").map { condition($0) }
    }

    private mutating func condition(_ element: XMLElement) -> DialplanCondition {
        for child in element.children
        where !["action", "anti-action", "condition", "expression", "regex"].contains(child.name) {
            report.fail("<\(child.name)> has no place in a condition", at: child.origin)
        }
        return DialplanCondition(
            test: test(element),
            breaks: breaks(element),
            actions: element.children(named: "action").compactMap { action($0) },
            antiActions: element.children(named: "anti-action").compactMap { action($0) },
            nested: conditions(in: element),
            requiresNested: flag("require-nested", of: element) ?? true
        )
    }

    private mutating func breaks(_ element: XMLElement) -> DialplanCondition.Break {
        guard let value = element["break"] else { return .onFalse }
        return report.word(Parameter(name: "break", value: value, origin: element.origin)) ?? .onFalse
    }

    private mutating func test(_ element: XMLElement) -> DialplanCondition.Test {
        if let attribute = element.attributes.first(where: { Self.timeAttributes.contains($0.name) }) {
            report.warn(
                "conditions on the time ('\(attribute.name)') are not supported and never hold",
                once: "time conditions",
                at: element.origin
            )
            return .never
        }
        guard let rule = element["regex"] else {
            guard element["field"] != nil else { return .always }
            return match(element).map { .matches($0) } ?? .never
        }
        let matches = element.children(named: "regex").compactMap { match($0) }
        switch rule.lowercased() {
        case "all": return .all(matches)
        case "any": return .any(matches)
        case "xor": return .exactlyOne(matches)
        default:
            report.fail("regex: '\(rule)' is not one of all, any, xor", at: element.origin)
            return .never
        }
    }

    private mutating func match(_ element: XMLElement) -> DialplanMatch? {
        guard let name = element["field"] else {
            report.fail("<\(element.name)> without a field", at: element.origin)
            return nil
        }
        let expression = element.child(named: "expression")?.text ?? element["expression"] ?? ""
        do {
            return DialplanMatch(
                field: field(name, at: element.origin), pattern: try DialplanPattern(parsing: expression))
        } catch {
            report.fail("expression '\(expression)': \(Self.reason(error))", at: element.origin)
            return nil
        }
    }

    private mutating func field(_ name: String, at origin: Origin) -> DialplanMatch.Field {
        if name.contains("$") {
            let template = Template(parsing: name)
            warn(of: template, at: origin)
            return .text(template)
        }
        if !CallAttributes.isField(name) { report.warn("field '\(name)' is always empty", at: origin) }
        return .attribute(name)
    }

    private static func reason(_ error: PatternError) -> String {
        switch error {
        case .invalid(let reason): reason
        case .tooLong(let limit): "longer than \(limit) characters"
        case .runaway: "it repeats something that varies in length, as (a+)* does, and could run for ever"
        case .tooCostly: "it repeats too often to be run on what a caller dials"
        }
    }

    private static let timeAttributes: Set<String> = [
        "year", "yday", "mon", "mday", "week", "mweek", "wday", "hour", "minute", "minute-of-day", "time-of-day",
        "date-time", "tz-offset", "dst",
    ]

    // MARK: Actions

    private mutating func action(_ element: XMLElement) -> DialplanAction? {
        guard let application = element["application"], !application.isEmpty else {
            report.fail("<\(element.name)> without an application", at: element.origin)
            return nil
        }
        let text = element.text.contains { !$0.isWhitespace } ? element.text : element["data"] ?? ""
        let isInline = flag("inline", of: element) ?? false
        let action = DialplanAction(
            application: application,
            data: Template(parsing: text),
            isInline: isInline,
            origin: element.origin
        )
        check(action, data: text)
        return action
    }

    private mutating func check(_ action: DialplanAction, data: String) {
        let name = action.application
        warn(of: action.data, at: action.origin)
        switch Application.support(of: name) {
        case .none:
            report.warn(
                "application '\(name)' is not supported: a call that comes to it ends with FACILITY_NOT_IMPLEMENTED",
                at: action.origin
            )
        case .skipped: report.warn("application '\(name)' has no effect", at: action.origin)
        case .full:
            let assigns = Assignment.parse(data, for: name) != nil
            if action.isInline, !assigns {
                report.warn("inline has no effect on '\(name)': only on set, export and unset", at: action.origin)
            }
            if action.data.isConstant { checkData(ApplicationCall(name: name, data: data, origin: action.origin)) }
        }
    }

    private mutating func checkData(_ call: ApplicationCall) {
        do {
            guard case .playback(.file(let name)) = try Application(call) else { return }
            SoundFile.check(name, &report, at: call.origin)
        } catch {
            switch error {
            case .badData(let name, let reason): report.fail("\(name): \(reason)", at: call.origin)
            case .notSupported: break
            }
        }
    }

    private mutating func warn(of template: Template, at origin: Origin) {
        for name in template.functions {
            report.warn("${\(name)(…)} is not supported and reads as nothing", at: origin)
        }
    }
}
