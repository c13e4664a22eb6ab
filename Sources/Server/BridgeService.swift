import ServiceLifecycle

/// Keeps the bridge going: its timers, the news of the media loops, drained sockets.
struct BridgeService: Service {
    let bridge: Bridge
    let listener: VertoListener
    let mailboxes: [LoopMailbox]
    let audit: LineLog

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for mailbox in mailboxes {
                group.addTask { for await batch in mailbox.news { await bridge.handle(batch) } }
            }
            group.addTask { for await id in listener.drained { await bridge.drained(id) } }
            group.addTask { await audit.run() }
            group.addTask {
                while !Task.isCancelled && !Task.isShuttingDownGracefully {
                    await bridge.advance()
                    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.timerStep) }
                }
                await end()
            }
        }
    }

    /// Calls end with a cause, then the loops, then what waits for them.
    private func end() async {
        await bridge.shutDown()
        try? await Task.sleep(for: .milliseconds(100))
        for mailbox in mailboxes { mailbox.send(.stop) }
        listener.finish()
        audit.finish()
    }

    private static let timerStep: Duration = .milliseconds(50)
}
