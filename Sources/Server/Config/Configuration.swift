package import Calls
package import Conference
package import SIP
import Wire

/// Everything the operator said, read and checked. Immutable; a reload makes a new one.
package struct Configuration: Sendable {
    /// The `$${…}` variables as they are at the end of the tree.
    package let variables: [String: String]
    package let verto: VertoConfiguration
    package let conference: ConferenceConfiguration
    package let directory: Directory
    package let dialplan: Dialplan
    package let settings: ServerSettings
    package let sip: SIPConfiguration

    /// Reads the tree in `directory`, a FreeSWITCH configuration folder or one written for Parley.
    ///
    /// - Parameters:
    ///   - variables: What `$${…}` finds before the tree sets anything: ``PredefinedVariables/values``, generated
    ///     passwords.
    ///   - environment: For `env-set`.
    ///   - localNetworks: Those of this machine's interfaces, for `localnet.auto` of `acl.conf`.
    /// - Throws: Every mistake in the tree at once.
    package static func load(
        from directory: String,
        variables: [String: String] = [:],
        environment: [String: String] = [:],
        localNetworks: [Network] = [],
        files: any ConfigurationFiles = DiskFiles()
    ) throws(ConfigurationError) -> (Configuration, [ConfigurationWarning]) {
        var known = PredefinedVariables(configurationDirectory: directory).values.merging(variables) { $1 }
        // As in FreeSWITCH: a server without a name is known by its address.
        if variables["domain"] == nil { known["domain"] = known["local_ip_v4"] }
        var preprocessor = Preprocessor(files: files, environment: environment, variables: known)
        let document = ConfigurationDocument(in: directory, with: &preprocessor)
        var report = preprocessor.report
        let configuration = Configuration(
            reading: document, variables: preprocessor.variables, directory: directory, networks: localNetworks,
            &report
        )
        guard report.problems.isEmpty else {
            throw ConfigurationError(problems: report.problems, warnings: report.warnings)
        }
        return (configuration, report.warnings)
    }

    /// A configuration without any file: one profile, three users, rooms 3000 to 3999.
    ///
    /// The same as the shipped `conf/`, whose tests compare the two.
    ///
    /// - Parameter variables: As for ``load(from:variables:environment:files:)``. The users `moderator`, `guest` and
    ///   `dashboard` need `moderator_password`, `guest_password` and `dashboard_password` to be able to log in.
    package static func builtIn(
        variables: [String: String] = [:], localNetworks: [Network] = []
    ) throws(ConfigurationError) -> (Configuration, [ConfigurationWarning]) {
        try load(
            from: "built-in", variables: variables, localNetworks: localNetworks, files: MemoryFiles(BuiltInTree.files))
    }

    /// The parameters of a room made by the profile `name`, the server's own defaults in front; an unknown profile
    /// has only those.
    package func roomParameters(profile name: String) -> [(String, String)] {
        settings.conferenceDefaults + (conference.profile(name)?.pairs ?? [])
    }

    /// The settings of a room made by the profile `name`; an unknown one has defaults.
    package func roomProfile(_ name: String) -> RoomProfile {
        var profile = RoomProfile(name: name, parameters: roomParameters(profile: name))
        profile.controls = conference.controls
        profile.policy = settings.policy
        return profile
    }

    /// Every profile by name; `none` is for rooms of an unknown one.
    package var roomProfiles: [String: RoomProfile] {
        let names = Set(conference.profiles.map(\.name) + ["none"])
        return Dictionary(uniqueKeysWithValues: names.map { ($0, roomProfile($0)) })
    }

    /// `cdr-log-dir` of the profiles that have one: `auto` is `conference_cdr` in the data folder.
    package func documentFolders(in data: String) -> [String: String] {
        var folders: [String: String] = [:]
        for profile in conference.profiles {
            guard let folder = profile.parameters.last(where: { $0.name == "cdr-log-dir" })?.value else { continue }
            folders[profile.name] = StorageSettings.path(folder == "auto" ? "conference_cdr" : folder, in: data)
        }
        return folders
    }

    /// What ``CallRecords`` needs; the switchboard's clock is the server's to say.
    package func recordSettings(data: String) -> CallRecords.Settings {
        var settings = CallRecords.Settings(
            folder: self.settings.storage.records.map { StorageSettings.path($0, in: data) })
        settings.keepDays = self.settings.storage.keepDays
        settings.documents = documentFolders(in: data)
        return settings
    }

    /// The bounds of the switchboard.
    package var limits: Switchboard.Limits {
        Switchboard.Limits(
            legs: settings.maximumLegs,
            legsPerUser: settings.maximumLegsPerUser,
            detachTimeout: verto.detachTimeout
        )
    }

    private init(
        reading document: ConfigurationDocument,
        variables: [String: String],
        directory path: String,
        networks: [Network],
        _ report: inout ConfigurationReport
    ) {
        self.variables = variables
        verto = VertoConfiguration(reading: document.configurations["verto.conf"], &report)
        conference = ConferenceConfiguration(reading: document.configurations["conference.conf"], &report)
        directory = DirectoryReader.read(document.domains, domain: variables["domain"], &report)
        dialplan = DialplanReader.read(document.contexts, globals: variables, &report)
        settings = ServerSettings(
            reading: document.configurations["parley.conf"],
            core: document.configurations["switch.conf"],
            &report
        )
        let lists = AccessLists(
            reading: document.configurations["acl.conf"], domains: document.domains, local: networks, &report)
        var sip = SIPConfiguration(
            reading: document.configurations["sofia.conf"],
            in: .init(lists: lists, address: variables["local_ip_v4"], domains: document.domains), &report)
        sip.settings.maximumCalls = min(settings.maximumLegs, max(1, settings.plainPorts().count / 2))
        self.sip = sip
        let root = Origin(file: path, line: 1)
        if verto.profiles.isEmpty, report.problems.isEmpty { report.fail("no Verto profile in this folder", at: root) }
        checkContexts(&report)
    }

    /// Calls of a context that is not there can only fail.
    private func checkContexts(_ report: inout ConfigurationReport) {
        let names = Set(dialplan.contextNames)
        guard !names.contains("global") else { return }
        for profile in verto.profiles where !names.contains(profile.context) {
            report.warn("profile '\(profile.name)': no dialplan context '\(profile.context)'", at: profile.origin)
        }
        for profile in sip.settings.profiles {
            let contexts = [profile.context] + profile.gateways.compactMap(\.context)
            for context in contexts where !names.contains(context) {
                report.warn(
                    "SIP profile '\(profile.name)': no dialplan context '\(context)'",
                    at: sip.origins[profile.name] ?? Origin(file: "sofia.conf", line: 1))
            }
        }
    }
}
