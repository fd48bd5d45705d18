@main
struct Labsync {
    static func main() {}
}
