/// The `$${…}` variables a FreeSWITCH tree finds before it sets any: addresses, names and folders.
package struct PredefinedVariables: Sendable {
    /// The configuration's own folder.
    package var configurationDirectory: String
    /// Recordings, databases, certificates and caches are folders in it.
    package var dataDirectory: String
    package var hostname: String
    /// Of the interface with the default route.
    package var localIPv4: String
    package var localIPv6: String

    package init(
        configurationDirectory: String,
        dataDirectory: String = "var",
        hostname: String = "localhost",
        localIPv4: String = "127.0.0.1",
        localIPv6: String = "::1"
    ) {
        self.configurationDirectory = configurationDirectory
        self.dataDirectory = dataDirectory
        self.hostname = hostname
        self.localIPv4 = localIPv4
        self.localIPv6 = localIPv6
    }

    package var values: [String: String] {
        var values = [
            "base_dir": dataDirectory,
            "conf_dir": configurationDirectory,
            "domain": localIPv4,
            "hostname": hostname,
            "local_hostname": hostname,
            "switchname": hostname,
            "local_ip_v4": localIPv4,
            "local_ip_v6": localIPv6,
            "local_mask_v4": "255.255.255.255",
            "sound_prefix": "\(dataDirectory)/sounds/en/us/callie",
            "switch_serial": "",
            "core_uuid": "",
            "nat_type": "",
            "nat_public_addr": "",
            "nat_private_addr": "",
        ]
        for name in [
            "recordings", "certs", "log", "run", "db", "mod", "htdocs", "script", "temp", "grammar", "storage", "cache",
            "sounds", "fonts", "images", "data",
        ] {
            values["\(name)_dir"] = "\(dataDirectory)/\(name)"
        }
        return values
    }
}
