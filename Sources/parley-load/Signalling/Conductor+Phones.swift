import NIOCore
import TestKit
import Wire

/// Members who are phones: SIP instead of a WebSocket.
extension Conductor {
    func openPhones(_ plan: PhonePlan) {
        let opened = PhoneSocket.open(ip: plan.localIP, port: plan.localPort, to: plan.server, on: loop) { datagram in
            self.assumeIsolated { $0.receivedPhone(Array(datagram.readableBytesView)) }
        }
        opened.whenComplete { result in self.assumeIsolated { $0.phonesOpened(result, plan) } }
    }

    private func phonesOpened(_ result: Result<PhoneSocket, any Error>, _ plan: PhonePlan) {
        switch result {
        case .success(let socket):
            let run = String(runID, radix: 16)
            phones = (PhoneAgent(server: plan.server, local: socket.local, run: run), socket)
            advancePhones()
            start()
        case .failure(let error): finished.fail(LoadFailure("no UDP socket for SIP: \(error)"))
        }
    }

    private func advancePhones() {
        guard phones != nil else { return }
        carryOutPhones(phones?.agent.advance(to: MonotonicClock.now))
        after(.milliseconds(100)) { $0.advancePhones() }
    }

    private func receivedPhone(_ bytes: [UInt8]) {
        carryOutPhones(phones?.agent.receive(bytes, at: MonotonicClock.now))
    }

    func callPhone(_ client: Client, offering sdp: String) {
        guard client.state == .connecting, let member = client.plan else { return }
        client.state = .calling
        let now = MonotonicClock.now
        client.invited = now
        carryOutPhones(phones?.agent.call(member.index, to: plan.number(of: member), offering: sdp, at: now))
    }

    func answerPhone(_ client: Client, with sdp: String) {
        guard client.state == .calling, let member = client.plan else { return }
        client.state = .answered
        carryOutPhones(phones?.agent.answer(member.index, with: sdp, at: MonotonicClock.now))
    }

    /// Who was called waits for the server to say goodbye.
    func hangUp(_ client: Client) {
        guard let member = client.plan, phones != nil else {
            return carryOut(client.verto.hangUp(callID: client.callID), of: client, at: MonotonicClock.now)
        }
        if !member.isCalled { hangUpPhone(member.index) }
    }

    func closePhones() {
        phones?.socket.close()
        phones = nil
    }

    func hangUpPhone(_ member: Int) {
        carryOutPhones(phones?.agent.hangUp(member, at: MonotonicClock.now))
    }

    private func carryOutPhones(_ outputs: [PhoneAgent.Output]?) {
        for output in outputs ?? [] {
            switch output {
            case .send(let bytes): phones?.socket.send(bytes)
            case .answered(let index, let sdp): answered(member(index), sdp, at: MonotonicClock.now)
            case .called(let index, let offer): called(index, offering: offer)
            case .ended(let index, let reason): if !isOver { fail(member(index), reason) }
            }
        }
        report.repeats = phones?.agent.repeats ?? 0
    }

    private func called(_ index: Int, offering sdp: String) {
        guard let local = plan.phones?.localIP, clients.indices.contains(plan.dashboards + index),
            let called = member(index).plan, called.isCalled, member(index).state == .connecting
        else { return hangUpPhone(index) }
        member(index).state = .calling
        mailbox.order(.openAnswering(called, sdp, localIP: local))
    }
}
