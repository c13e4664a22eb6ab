/// What did not happen in ten seconds: the one place where time enters these tests.
struct DeadlineMissed: Error, CustomStringConvertible {
    let what: String
    var description: String { "not within 10 s: \(what)" }
}

/// Waits for `body`, and fails loudly when it does not end.
func soon<Value: Sendable>(
    _ what: String, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: .seconds(10))
            throw DeadlineMissed(what: what)
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw DeadlineMissed(what: what) }
        return value
    }
}
