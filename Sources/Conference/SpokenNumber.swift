/// Numbers as prompt files say them, one after another: `digits/3.wav`, `digits/hundred.wav`.
enum SpokenNumber {
    /// For a number of 0 to 999 999; the digits of a larger one.
    static func sounds(_ number: Int) -> [SoundName] {
        words(max(0, number)).compactMap { SoundName("digits/\($0).wav") }
    }

    private static func words(_ number: Int) -> [String] {
        switch number {
        case ...20: [String(number)]
        case ...99: [String(number / 10 * 10)] + rest(number % 10)
        case ...999: [String(number / 100), "hundred"] + rest(number % 100)
        case ...999_999: words(number / 1000) + ["thousand"] + rest(number % 1000)
        default: String(number).map(String.init)
        }
    }

    private static func rest(_ number: Int) -> [String] { number == 0 ? [] : words(number) }
}
