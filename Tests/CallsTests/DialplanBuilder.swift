import Calls

/// Short ways to write a dialplan in a test.
let here = Origin(file: "test.xml", line: 7)

func field(_ name: String, _ pattern: String) throws -> DialplanMatch {
    let field: DialplanMatch.Field = name.contains("$") ? .text(Template(parsing: name)) : .attribute(name)
    return DialplanMatch(field: field, pattern: try DialplanPattern(parsing: pattern))
}

/// `"set a=b"`; a leading `!` makes it inline.
func actions(_ texts: [String]) -> [DialplanAction] {
    texts.map { text in
        let isInline = text.hasPrefix("!")
        let words = text.drop(while: { $0 == "!" }).split(separator: " ", maxSplits: 1).map(String.init)
        return DialplanAction(
            application: words[0],
            data: Template(parsing: words.count > 1 ? words[1] : ""),
            isInline: isInline,
            origin: here
        )
    }
}

func condition(
    _ test: DialplanCondition.Test,
    _ texts: String...,
    anti: [String] = [],
    breaks: DialplanCondition.Break = .onFalse,
    nested: [DialplanCondition] = [],
    requiresNested: Bool = true
) -> DialplanCondition {
    DialplanCondition(
        test: test,
        breaks: breaks,
        actions: actions(texts),
        antiActions: actions(anti),
        nested: nested,
        requiresNested: requiresNested
    )
}

func dialled(_ pattern: String) throws -> DialplanCondition.Test {
    .matches(try field("destination_number", pattern))
}

func ext(_ name: String, continues: Bool = false, _ conditions: DialplanCondition...) -> DialplanExtension {
    DialplanExtension(name: name, continues: continues, conditions: conditions, origin: here)
}

func plan(_ extensions: DialplanExtension..., globals: [String: String] = [:]) -> Dialplan {
    Dialplan(contexts: [DialplanContext(name: "default", extensions: extensions)], globals: globals)
}

extension Dialplan {
    /// The applications for `destination` as `name data`, variables filled in from `variables` as they are at the
    /// start.
    func run(
        _ destination: String,
        in context: String = "default",
        variables: [String: String] = [:]
    ) -> [String] {
        var call = CallAttributes(destinationNumber: destination, domain: "example.com", variables: variables)
        let route = route(call, in: context)
        call.variables = route.variables
        return route.applications.map { application in
            let ready = expand(application, for: call)
            return ready.data.isEmpty ? ready.name : "\(ready.name) \(ready.data)"
        }
    }
}
