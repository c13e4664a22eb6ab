import Calls
import Testing

struct PermissionListTests {
    typealias Row = (list: String?, name: String, isAllowed: Bool)

    static let rows: [Row] = [
        (nil, "verto.invite", false),
        ("", "verto.invite", false),
        (" , ", "", false),
        ("__ANY__", "anything", true),
        ("__any__", "anything", true),
        ("verto", "verto.invite", true),
        ("Verto", "VERTO.bye", true),
        ("verto.invite", "verto.invite", true),
        ("verto.invite", "verto.bye", false),
        ("verto", "vertox.invite", false),
        ("verto", ".invite", false),
        ("demo, conference,presence", "conference", true),
        ("demo conference", "conference-liveArray.3500@x", false),
        ("conference-liveArray,conference-rooms", "conference-liveArray.3500@example.com", true),
        ("conference-liveArray", "conference-mod.3500@example.com", false),
        ("demo, __ANY__", "other", false),
        // U+212A KELVIN SIGN is not a k.
        ("kick", "\u{212A}ick", false),
    ]

    @Test(arguments: rows)
    func allowsWhatIsListed(row: Row) {
        #expect(PermissionList(parsing: row.list).allows(row.name) == row.isAllowed)
    }
}
