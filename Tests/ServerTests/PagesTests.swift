import Testing
import Wire

struct PagesTests {
    /// A site in `site/`, and beside it what nobody may see.
    private static func site() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("<p>hello</p>", to: "site/index.html")
        try folder.write("let a = 1", to: "site/js/app.js")
        try folder.write("secret", to: "conf/vars.xml")
        try folder.write("secret", to: "site-old/index.html")
        return folder
    }

    @Test
    func haveTheirTypeAndTheSecurityHeaders() async throws {
        let folder = try Self.site()
        try await RunningServer.run(pages: folder.path + "/site") { server in
            for (target, status, type, body) in [
                ("/", 200, "text/html", "<p>hello</p>"), ("/index.html", 200, "text/html", "<p>hello</p>"),
                ("/js/app.js", 200, "text/javascript", "let a = 1"), ("/nothing.html", 404, "", ""),
                ("/health", 200, "text/plain", "ok\n"), ("/parley.json", 200, "application/json", nil),
            ] {
                let page = try await server.request("GET", target)
                #expect(page.status == status, "\(target)")
                #expect(page.headers["content-type"]?.hasPrefix(type) ?? type.isEmpty, "\(target): \(page.headers)")
                if let body { #expect(page.body == body) }
                #expect(
                    page.headers["content-security-policy"]?.contains("frame-ancestors 'none'") == true, "\(target)")
                #expect(page.headers["x-content-type-options"] == "nosniff", "\(target)")
                #expect(page.headers["referrer-policy"] == "no-referrer", "\(target)")
            }
        }
    }

    @Test
    func answerHEADWithoutABodyAndNoOtherMethod() async throws {
        let folder = try Self.site()
        try await RunningServer.run(pages: folder.path + "/site") { server in
            let head = try await server.request("HEAD", "/index.html")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == "12")
            #expect(head.body.isEmpty)
            for method in ["POST", "PUT", "DELETE"] {
                #expect(try await server.request(method, "/index.html").status == 404)
            }
        }
    }

    @Test(arguments: [
        "/../conf/vars.xml", "/%2e%2e/conf/vars.xml", "/%2E%2E%2Fconf%2Fvars.xml", "/..%2fconf/vars.xml",
        "/js/../../conf/vars.xml", "/js/%2e%2e/%2e%2e/conf/vars.xml", "/..%5cconf%5cvars.xml",
        "/%252e%252e/conf/vars.xml", "//../conf/vars.xml", "/..;/conf/vars.xml", "/%c0%ae%c0%ae/conf/vars.xml",
        "/../site-old/index.html", "/-old/index.html", "/index.html%00.png",
    ]
    )
    func endAtTheirFolder(target: String) async throws {
        let folder = try Self.site()
        try await RunningServer.run(pages: folder.path + "/site") { server in
            let page = try await server.request("GET", target)
            #expect([400, 404].contains(page.status))
            #expect(!page.body.contains("secret"))
            #expect(try await server.request("GET", "/").status == 200)
        }
    }

    @Test
    func showTheFiguresToThisMachine() async throws {
        try await RunningServer.run { server in
            let page = try await server.request("GET", "/metrics")
            #expect(page.status == 200)
            #expect(page.body.contains("# TYPE parley_connections gauge\nparley_connections 0\n"))
        }
    }
}
