import COpenSSL
import Glibc

/// The two ends of one endpoint's wire: the datagram being read and those waiting to be sent.
///
/// Confined to the endpoint that owns it. A memory BIO would join datagrams; this keeps their borders.
@safe final class DatagramQueue {
    /// The bytes of the datagram being fed; valid only while `DTLSEndpoint` feeds it, `nil` once read.
    private var inbound: UnsafeRawBufferPointer? = nil
    private(set) var outbound: [[UInt8]] = []
    private var next = 0

    /// Takes the oldest datagram to be sent.
    func dequeue() -> [UInt8]? {
        guard next < outbound.count else {
            outbound = []
            next = 0
            return nil
        }
        defer { next += 1 }
        return outbound[next]
    }

    /// Makes `datagram` readable during `body`.
    func feeding<R>(_ datagram: Span<UInt8>, _ body: () -> R) -> R {
        unsafe datagram.withUnsafeBytes { bytes in
            unsafe inbound = bytes
            defer { unsafe inbound = nil }
            return body()
        }
    }

    fileprivate func enqueue(_ datagram: [UInt8]) {
        // Drained after each call, so a flight fits many times over; this only bounds a caller that forgets.
        guard outbound.count - next < Self.capacity else { return }
        outbound.append(datagram)
    }

    fileprivate func read(into buffer: UnsafeMutableRawPointer, count: Int) -> Int? {
        guard let datagram = unsafe inbound, let start = datagram.baseAddress else { return nil }
        let length = min(count, datagram.count)
        unsafe buffer.copyMemory(from: start, byteCount: length)
        unsafe inbound = nil
        return length
    }

    private static let capacity = 64
}

/// A `BIO` whose every read and write is one datagram.
enum DatagramBIO {
    /// A new BIO that keeps `queue` alive until OpenSSL frees it.
    static func make(_ queue: DatagramQueue) -> OpaquePointer? {
        guard let method = unsafe method, let bio = unsafe BIO_new(method) else { return nil }
        unsafe BIO_set_data(bio, Unmanaged.passRetained(queue).toOpaque())
        return unsafe bio
    }

    // Written once, before the first use, and never freed or changed.
    nonisolated(unsafe) private static let method: OpaquePointer? = unsafe makeMethod()

    private static func makeMethod() -> OpaquePointer? {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(kind, "datagram") else { return nil }
        unsafe BIO_meth_set_create(method) { bio in
            unsafe BIO_set_init(bio, 1)
            return 1
        }
        unsafe BIO_meth_set_destroy(method) { bio in
            if let data = unsafe BIO_get_data(bio) { unsafe Unmanaged<DatagramQueue>.fromOpaque(data).release() }
            unsafe BIO_set_data(bio, nil)
            return 1
        }
        unsafe BIO_meth_set_write(method) { bio, bytes, count in unsafe DatagramBIO.write(bio, bytes, count) }
        unsafe BIO_meth_set_read(method) { bio, bytes, count in unsafe DatagramBIO.read(bio, bytes, count) }
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in
            switch command {
            case BIO_CTRL_FLUSH: 1  // 0 here, and the handshake never finishes
            case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD: 28
            default: 0
            }
        }
        return unsafe method
    }

    private static func queue(_ bio: OpaquePointer?) -> DatagramQueue? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<DatagramQueue>.fromOpaque(data).takeUnretainedValue()
    }

    private static func write(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int32) -> Int32 {
        guard let queue = unsafe queue(bio), let bytes = unsafe bytes, count > 0 else { return 0 }
        unsafe queue.enqueue([UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(count))))
        return count
    }

    private static func read(_ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int32) -> Int32 {
        unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY)
        guard let queue = unsafe queue(bio), let bytes = unsafe bytes, count > 0,
            let length = unsafe queue.read(into: UnsafeMutableRawPointer(bytes), count: Int(count))
        else {
            unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return -1
        }
        return Int32(length)
    }
}
