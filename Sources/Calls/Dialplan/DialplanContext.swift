/// A named list of extensions, hunted from the top.
package struct DialplanContext: Sendable {
    package let name: String
    package var extensions: [DialplanExtension]

    package init(name: String, extensions: [DialplanExtension]) {
        self.name = name
        self.extensions = extensions
    }
}

/// Conditions and what to run when they hold.
package struct DialplanExtension: Sendable {
    package let name: String
    /// Hunting goes on with the next extension although this one matched.
    package let continues: Bool
    package let conditions: [DialplanCondition]
    package let origin: Origin

    package init(name: String, continues: Bool = false, conditions: [DialplanCondition], origin: Origin) {
        self.name = name
        self.continues = continues
        self.conditions = conditions
        self.origin = origin
    }
}

/// One `<condition>`: a test, the actions for either outcome, and conditions inside it.
package struct DialplanCondition: Sendable {
    package enum Test: Sendable {
        /// A condition without a field.
        case always
        /// A condition on something we do not know, such as the time of day.
        case never
        case matches(DialplanMatch)
        /// `regex="all"`, `"any"`, `"xor"`.
        case all([DialplanMatch])
        case any([DialplanMatch])
        case exactlyOne([DialplanMatch])
    }

    /// When the conditions behind this one are not looked at.
    package enum Break: String, Sendable, CaseIterable {
        case onFalse = "on-false"
        case onTrue = "on-true"
        case always, never

        func stops(after outcome: Bool) -> Bool {
            switch self {
            case .onFalse: !outcome
            case .onTrue: outcome
            case .always: true
            case .never: false
            }
        }
    }

    package let test: Test
    package let breaks: Break
    package let actions: [DialplanAction]
    package let antiActions: [DialplanAction]
    /// Looked at when the test holds, after the actions.
    package let nested: [DialplanCondition]
    /// Whether the condition holds only if the nested ones do too.
    package let requiresNested: Bool

    package init(
        test: Test,
        breaks: Break = .onFalse,
        actions: [DialplanAction] = [],
        antiActions: [DialplanAction] = [],
        nested: [DialplanCondition] = [],
        requiresNested: Bool = true
    ) {
        self.test = test
        self.breaks = breaks
        self.actions = actions
        self.antiActions = antiActions
        self.nested = nested
        self.requiresNested = requiresNested
    }
}

/// A field and the expression it is held against.
package struct DialplanMatch: Sendable {
    package enum Field: Sendable, Hashable {
        /// `field="destination_number"`; an unknown name is empty.
        case attribute(String)
        /// `field="${variable}"`.
        case text(Template)
    }

    package let field: Field
    package let pattern: DialplanPattern

    package init(field: Field, pattern: DialplanPattern) {
        self.field = field
        self.pattern = pattern
    }
}

/// `<action application= data= inline=/>`.
package struct DialplanAction: Sendable, Hashable {
    package let application: String
    package let data: Template
    /// Carried out while hunting, so that conditions further down see it. Only `set`, `export` and `unset` can be.
    package let isInline: Bool
    package let origin: Origin

    package init(application: String, data: Template, isInline: Bool = false, origin: Origin) {
        self.application = application
        self.data = data
        self.isInline = isInline
        self.origin = origin
    }
}
