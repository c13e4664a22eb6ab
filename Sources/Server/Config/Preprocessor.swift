import Calls
import Wire

/// Reads files and carries out what FreeSWITCH does before it looks at the XML: `X-PRE-PROCESS` and `$${variable}`.
///
/// FreeSWITCH works on the text, line by line; here it is done on the elements, in document order. So a directive in a
/// comment is a comment, and a value cannot change the shape of the document.
struct Preprocessor {
    let files: any ConfigurationFiles
    /// For `env-set`.
    let environment: [String: String]
    var variables: [String: String]
    var report = ConfigurationReport()

    /// Files being read, each included by the one before.
    private var including: [String] = []
    private var filesRead = 0
    /// Whether what cannot be read is a mistake, or may be a file of a module we do not have.
    private var isLenient = false

    init(files: any ConfigurationFiles, environment: [String: String], variables: [String: String]) {
        self.files = files
        self.environment = environment
        self.variables = variables
    }

    /// The root elements of the file at `path`, those in `<include>` taken out of it; `nil` when there is no such file.
    mutating func read(_ path: String) -> [XMLElement]? {
        guard let bytes = files.contents(of: path) else { return nil }
        filesRead += 1
        including.append(path)
        defer { including.removeLast() }
        do throws(XMLError) {
            let roots = try XMLDocument.parse(bytes, file: path, fragment: true)
            return unwrapped(roots).flatMap { expand($0) }
        } catch {
            if isLenient, !Self.concernsUs(bytes) {
                report.warn("not read: \(error.reason)", at: Origin(file: error.file, line: error.line))
            } else {
                report.fail(error)
            }
            return []
        }
    }

    /// Every file `pattern` stands for, in the order of their names.
    mutating func readAll(_ pattern: String) -> [XMLElement] {
        files.paths(matching: pattern).flatMap { read($0) ?? [] }
    }

    private func unwrapped(_ elements: [XMLElement]) -> [XMLElement] {
        elements.flatMap { $0.name == "include" ? unwrapped($0.children) : [$0] }
    }

    // MARK: Elements

    private mutating func expand(_ element: XMLElement) -> [XMLElement] {
        switch element.name {
        case "X-PRE-PROCESS": return directive(element)
        // How FreeSWITCH's files switch a directive off.
        case "X-NO-PRE-PROCESS", "Z-PRE-PROCESS": return []
        case "include": return element.children.flatMap { expand($0) }
        case "section": return section(element)
        case "configuration": return configuration(element)
        default: return [expandContents(of: element)]
        }
    }

    private mutating func expandContents(of element: XMLElement) -> XMLElement {
        let attributes = element.attributes.map { ($0.name, expand($0.value, at: element.origin)) }
        let text = expand(element.text, at: element.origin)
        let children = element.children.flatMap { expand($0) }
        return XMLElement(
            name: element.name,
            attributes: attributes.map { (name: $0.0, value: $0.1) },
            children: children,
            text: text,
            file: element.file,
            line: element.line
        )
    }

    private mutating func section(_ element: XMLElement) -> [XMLElement] {
        let name = element["name"] ?? ""
        guard ["configuration", "directory", "dialplan"].contains(name) else {
            report.warn("section '\(name)' has no effect", at: element.origin)
            return []
        }
        let outer = isLenient
        defer { isLenient = outer }
        isLenient = name == "configuration"
        return [expandContents(of: element)]
    }

    /// What ours includes is ours, wherever it stands.
    private mutating func configuration(_ element: XMLElement) -> [XMLElement] {
        guard ConfigurationDocument.ours.contains(element["name"] ?? "") else { return [expandContents(of: element)] }
        let outer = isLenient
        defer { isLenient = outer }
        isLenient = false
        return [expandContents(of: element)]
    }

    /// Whether a file speaks of a configuration that we read.
    private static func concernsUs(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        return ConfigurationDocument.ours.contains { text.contains("\"\($0)\"") }
    }

    // MARK: Directives

    private mutating func directive(_ element: XMLElement) -> [XMLElement] {
        let command = element["cmd"] ?? ""
        let data = expand(element["data"] ?? "", at: element.origin)
        switch command {
        case "include": return include(data, from: element)
        case "set": set(data, at: element.origin)
        case "stun-set": stunSet(data, at: element.origin)
        case "env-set": environmentSet(data, at: element.origin)
        case "exec", "exec-set":
            report.warn("'\(command)' is refused: a configuration does not run programs", at: element.origin)
        default: report.fail("unknown X-PRE-PROCESS command '\(command)'", at: element.origin)
        }
        return []
    }

    private mutating func include(_ pattern: String, from element: XMLElement) -> [XMLElement] {
        let isAbsolute = pattern.hasPrefix("/")
        let path = Self.plain(isAbsolute ? pattern : Self.directory(of: element.file) + pattern)
        var elements: [XMLElement] = []
        for file in files.paths(matching: path) {
            guard !including.contains(file), including.count < Self.maximumDepth else {
                report.fail("'\(file)' includes itself, or files include each other too deeply", at: element.origin)
                return elements
            }
            guard filesRead < Glob.limit else {
                report.fail("more than \(Glob.limit) files", at: element.origin)
                return elements
            }
            guard let found = read(file) else {
                report.warn("no file '\(file)'", at: element.origin)
                continue
            }
            elements += found
        }
        return elements
    }

    /// A path without the steps back in its middle, so that a file has one name.
    private static func plain(_ path: String) -> String {
        var components: [Substring] = []
        for component in path.split(separator: "/", omittingEmptySubsequences: false) {
            if component == "..", let last = components.last, !["", "..", "."].contains(last) {
                components.removeLast()
            } else {
                components.append(component)
            }
        }
        return components.joined(separator: "/")
    }

    /// With its final slash; empty for a bare name.
    private static func directory(of file: String) -> String {
        file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    }

    private mutating func set(_ data: String, at origin: Origin) {
        guard let (name, value) = Self.assignment(data) else {
            report.fail("'\(data)' is not name=value", at: origin)
            return
        }
        variables[name] = value
    }

    /// We ask no STUN server while reading a file: the local address is what we know.
    private mutating func stunSet(_ data: String, at origin: Origin) {
        guard let (name, value) = Self.assignment(data) else {
            report.fail("'\(data)' is not name=value", at: origin)
            return
        }
        let isQuery = value.hasPrefix("stun:") || value.hasPrefix("host:")
        variables[name] = isQuery ? variables["local_ip_v4"] ?? "" : value
        guard isQuery else { return }
        report.warn("'\(name)' is not asked from '\(value)': it is the local address", once: name, at: origin)
    }

    /// `name=ENVIRONMENT_VARIABLE`, with or without a dollar sign.
    private mutating func environmentSet(_ data: String, at origin: Origin) {
        guard let (name, value) = Self.assignment(data) else {
            report.fail("'\(data)' is not name=variable", at: origin)
            return
        }
        let key = value.hasPrefix("$") ? String(value.dropFirst()) : value
        guard let found = environment[key] else {
            report.warn("the environment has no '\(key)'", at: origin)
            return
        }
        variables[name] = found
    }

    private static func assignment(_ data: String) -> (name: String, value: String)? {
        guard let equals = data.firstIndex(of: "=") else { return nil }
        let name = data[..<equals].drop { $0 == " " }
        return name.isEmpty ? nil : (String(name), String(data[data.index(after: equals)...]))
    }

    // MARK: Variables

    /// `text` with each `$${name}` replaced; a name nobody set is empty, as in FreeSWITCH, and listed.
    private mutating func expand(_ text: String, at origin: Origin) -> String {
        guard text.contains("$${") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "$${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let name = String(rest[start.upperBound..<end])
            result += rest[..<start.lowerBound]
            if let value = variables[name] {
                result += value
            } else {
                report.warn("$${\(name)} is not set and reads as nothing", once: "$${\(name)}", at: origin)
            }
            rest = rest[rest.index(after: end)...]
            guard result.utf8.count <= Self.maximumValue else {
                report.fail("a value of more than \(Self.maximumValue) bytes", at: origin)
                return ""
            }
        }
        return result + rest
    }

    private static let maximumDepth = 16
    private static let maximumValue = 65_536
}
