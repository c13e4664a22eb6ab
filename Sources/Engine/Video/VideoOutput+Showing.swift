package import Wire

extension VideoOutput {
    /// Shows another source, or with `nil` nothing from now on.
    package func show(_ new: VideoSource?, at now: Instant) {
        // Nothing may be wanted already, and something still be shown: of two sources the new one has ended.
        guard new !== source || new == nil && shown != nil else { return }
        let old = source
        source = new
        aim(at: nil, at: now)
        new?.add(self)
        if let old, old !== shownSource { old.remove(self) }
        guard let new else { return stop(at: now) }
        choice.restart()
        if new === shownSource, isReading { return }  // it came back before the other one's key frame
        chooseLayer(at: now)
        nextChoice = now.advanced(byNanoseconds: Self.choiceInterval)
    }

    /// A layer of a source has begun to send, or sends again.
    func layerStarted(_ layer: VideoLayer, of started: VideoSource, at now: Instant) {
        if target === layer || shown === layer && !isReading { started.requestKeyFrame(of: layer) }
        if started === source { chooseLayer(at: now) }
    }

    func sourceMuted(_ muted: VideoSource, _ isMuted: Bool, at now: Instant) {
        if muted === shownSource, let shown {
            isReading = false
            cursor = shown.log.highest.map { $0 &+ 1 } ?? cursor
            if !isMuted, target == nil { muted.requestKeyFrame(of: shown) }
        }
        guard muted === source, !isMuted, let target else { return }
        muted.requestKeyFrame(of: target)
    }

    func sourceEnded(_ ended: VideoSource, at now: Instant) {
        if ended === source {
            aim(at: nil, at: now)
            source = nil
        }
        if ended === shownSource { leaveShown(at: now) }
    }

    /// A packet has come, or will not come any more.
    func layerGrew(_ layer: VideoLayer, isKeyFrame: Bool, at now: Instant) {
        if isKeyFrame, let keyFrame = layer.log.keyFrame {
            if target === layer {
                take(layer, from: keyFrame.lowerBound, at: now)
            } else if shown === layer, !isReading, keyFrame.lowerBound >= cursor {
                begin(at: keyFrame.lowerBound, of: layer, at: now)
            }
        }
        if shown === layer { pump(at: now) }
    }

    func chooseLayer(at now: Instant) {
        guard let source else { return }
        guard let pick = choice.choose(from: source.offers(at: now), capacity: estimate.capacity, at: now),
            pick.layer < source.layers.count
        else { return }
        let layer = source.layers[pick.layer]
        guard shown !== layer else {
            aim(at: nil, at: now)
            rewriter.temporalLimit = pick.temporalLimit
            return
        }
        // On the way down the old layer costs as little as it can.
        if let shown, shownSource === source, layer.index < shown.index { rewriter.temporalLimit = 0 }
        guard target !== layer else { return }
        aim(at: layer, at: now)
        if let start = layer.log.start(at: now) {
            take(layer, from: start, at: now)
            pump(at: now)
        } else {
            source.requestKeyFrame(of: layer)
        }
    }

    private func aim(at layer: VideoLayer?, at now: Instant) {
        guard target !== layer else { return }
        layer?.addReader()
        target?.removeReader(at: now)
        target = layer
    }

    /// The target's key frame is there: nothing of the old picture is sent any more.
    private func take(_ layer: VideoLayer, from start: Int64, at now: Instant) {
        let old = shownSource
        layer.addReader()
        shown?.removeReader(at: now)
        aim(at: nil, at: now)
        (shown, shownSource) = (layer, source)
        if let old, old !== source { old.remove(self) }
        if tagged(tag) !== layer {
            tag &+= 1
            setTagged(layer)
        }
        lastSwitch = now
        rewriter.temporalLimit = choice.pick?.temporalLimit ?? VP8Rewriter.allLayers
        begin(at: start, of: layer, at: now)
    }

    /// Goes on at a complete key frame.
    func begin(at start: Int64, of layer: VideoLayer, at now: Instant) {
        cursor = start
        isReading = true
        counters.begun &+= 1
        rewriter.begin(newest: layer.log.newestTimestamp ?? 0, at: now)
    }

    private func stop(at now: Instant) {
        aim(at: nil, at: now)
        let old = shownSource
        leaveShown(at: now)
        old?.remove(self)
    }

    private func leaveShown(at now: Instant) {
        shown?.removeReader(at: now)
        (shown, shownSource, isReading) = (nil, nil, false)
    }
}
