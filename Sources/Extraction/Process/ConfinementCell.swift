/// How programs can be held here, found out once.
actor ConfinementCell {
    private var known: Confinement?

    func confinement() async -> Confinement {
        if let known { return known }
        let found = await Confinement.find()
        known = found
        return found
    }
}
