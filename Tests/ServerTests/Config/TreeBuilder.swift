import Calls
import Server

/// A small tree that loads without a warning, with some of its files replaced or added.
func load(
    _ files: [String: String] = [:],
    variables: [String: String] = [:],
    environment: [String: String] = [:]
) throws(ConfigurationError) -> (configuration: Configuration, warnings: [ConfigurationWarning]) {
    let (configuration, warnings) = try Configuration.load(
        from: "c",
        variables: variables,
        environment: environment,
        files: MemoryFiles(minimalTree.merging(files) { $1 })
    )
    return (configuration, warnings)
}

/// The mistakes of a tree, as `file:line: error: reason`; empty when it loads.
func problems(_ files: [String: String]) -> [String] {
    do throws(ConfigurationError) {
        _ = try load(files)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

func warnings(_ files: [String: String]) throws -> [String] {
    try load(files).warnings.map(\.description)
}

let minimalTree = [
    "c/vars.xml": #"<include><X-PRE-PROCESS cmd="set" data="domain=example.com"/></include>"#,
    "c/autoload_configs/verto.conf.xml": verto(#"<param name="bind-local" value="127.0.0.1:8081"/>"#),
    "c/dialplan/default.xml": #"<context name="default"/>"#,
]

/// A `verto.conf` with one profile that requires a login.
func verto(_ parameters: String) -> String {
    """
    <configuration name="verto.conf"><profiles><profile name="p">
    <param name="userauth" value="true"/>
    \(parameters)
    </profile></profiles></configuration>
    """
}

func conference(_ parameters: String) -> String {
    """
    <configuration name="conference.conf"><profiles><profile name="default">
    \(parameters)
    </profile></profiles></configuration>
    """
}

func parley(_ parameters: String) -> String {
    """
    <configuration name="parley.conf"><settings>
    \(parameters)
    </settings></configuration>
    """
}

func dialplan(_ extensions: String) -> String { "<context name=\"default\">\n\(extensions)\n</context>" }

extension Configuration {
    /// The applications for `destination`, as `name data`.
    func run(_ destination: String, variables: [String: String] = [:], domain: String = "example.com") -> [String] {
        var call = CallAttributes(destinationNumber: destination, domain: domain, variables: variables)
        let route = dialplan.route(call, in: "default")
        call.variables = route.variables
        return route.applications.map { application in
            let ready = dialplan.expand(application, for: call)
            return ready.data.isEmpty ? ready.name : "\(ready.name) \(ready.data)"
        }
    }
}
