import ServiceLifecycle

/// Keeps the bridge going: its timers, the news of the media loops, drained sockets.
struct BridgeService: Service {
    let bridge: Bridge
    let listener: VertoListener
    let mailboxes: [LoopMailbox]
    let helpers: Bridge.Helpers
    let recordingNews: AsyncStream<RecordingWriter.News>
    let recordingTeller: AsyncStream<RecordingWriter.News>.Continuation

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            for mailbox in mailboxes {
                group.addTask { await mailbox.forEachBatch { await bridge.handle($0) } }
            }
            if let sockets = helpers.sockets {
                group.addTask { await sockets.forEachBatch { await bridge.handle($0) } }
                await bridge.startPhones()
            }
            group.addTask { for await news in recordingNews { await bridge.handle(news) } }
            group.addTask { for await id in listener.drained { await bridge.drained(id) } }
            group.addTask {
                while !Task.isCancelled && !Task.isShuttingDownGracefully {
                    await bridge.advance()
                    try? await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.timerStep) }
                }
                await end()
            }
        }
    }

    /// Calls end with a cause, then the connections, then the loops, which first do what they were told before, then
    /// what waits for them.
    private func end() async {
        await bridge.shutDown()
        for _ in 0..<Self.mostLooks where !Task.isCancelled {
            if await bridge.isDeserted { break }
            // What was lost on its way to a phone is sent again.
            await bridge.advance()
            try? await Task.sleep(for: Self.timerStep)
        }
        for mailbox in mailboxes { mailbox.send(.stop) }
        listener.finish()
        await helpers.sockets?.shutDown()
        await helpers.recordings?.close()
        recordingTeller.finish()
        await helpers.records.close()
        await helpers.audit.close()
    }

    private static let timerStep: Duration = .milliseconds(50)
    /// A second for clients to take their leave; who is still there then is cut off.
    private static let mostLooks = 20
}
