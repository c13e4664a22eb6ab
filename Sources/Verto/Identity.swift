import Calls

/// Who a connection is, once it has logged in, and what that user may do. Read from the directory once.
struct Identity {
    let user: User
    let methods: PermissionList
    let jsapi: PermissionList
    let fsapi: PermissionList
    let eventChannels: PermissionList
    /// Commands to rooms that the user may use whatever its role there (`conference-capabilities`).
    let capabilities: Set<String>

    init(_ user: User) {
        self.user = user
        methods = user.allowedMethods
        jsapi = user.allowedJSAPI
        fsapi = user.allowedFSAPI
        eventChannels = user.allowedEventChannels
        let names = (user.parameters["conference-capabilities"] ?? "").split { $0 == "," || $0.isWhitespace }
        capabilities = Set(names.map { $0.lowercased() })
    }

    /// `id@domain`: the name for logs, chat and audit, and the owner of sessions.
    var uid: String { user.address }
}
