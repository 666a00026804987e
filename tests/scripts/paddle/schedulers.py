import paddle

lr = paddle.optimizer.lr
linear = paddle.nn.Linear(10, 10)
scheduler = lr.NoamDecay(d_model=0.01, warmup_steps=100, verbose=True)
sgd = paddle.optimizer.SGD(learning_rate=scheduler, parameters=linear.parameters())
for epoch in range(3):
    for batch_id in range(2):
        x = paddle.uniform([10, 10])
        out = linear(x)
        loss = paddle.mean(out)
        loss.backward()
        sgd.step()
        sgd.clear_gradients()
        scheduler.step()
    scheduler.step()
s = lr.ReduceOnPlateau(learning_rate=1.0, factor=0.5, patience=2, verbose=True)
adam = paddle.optimizer.Adam(s, parameters=linear.parameters())
for m in [1, 0.9, 0.9, 0.9, paddle.to_tensor(0.9), 0.9, 0.9]:
    s.step(m)
    print(adam.get_lr())
for sch in [
    lr.StepDecay(0.5, 2),
    lr.CosineAnnealingDecay(0.5, 4),
    lr.OneCycleLR(1.0, 6),
    lr.CyclicLR(0.1, 0.5, 2),
    lr.MultiStepDecay(0.5, [1, 3]),
    lr.LinearWarmup(0.5, 3, 0, 0.5),
    lr.ExponentialDecay(0.5, 0.9),
]:
    out = []
    for _ in range(5):
        out.append(sch.get_lr())
        sch.step()
    print(type(sch).__name__, out, sch.state_dict())
