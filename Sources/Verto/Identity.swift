import Calls

/// Who a connection is, once it has logged in, and what that user may do. Read from the directory once.
struct Identity {
    let user: User
    let methods: PermissionList
    let jsapi: PermissionList
    let fsapi: PermissionList
    let eventChannels: PermissionList

    init(_ user: User) {
        self.user = user
        methods = user.allowedMethods
        jsapi = user.allowedJSAPI
        fsapi = user.allowedFSAPI
        eventChannels = user.allowedEventChannels
    }

    /// `id@domain`: the name for logs, chat and audit, and the owner of sessions.
    var uid: String { user.address }
}
