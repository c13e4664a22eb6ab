import Wire

struct Missing: Error {
    var what = "what was waited for"
    init(_ what: String = "what was waited for") { self.what = what }
}

func address(_ ip: String, _ port: Int) throws -> TransportAddress {
    guard let address = TransportAddress(ip: ip, port: UInt16(port)) else { throw Missing() }
    return address
}
