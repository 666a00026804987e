import paddle
from paddle.nn import functional as F


class SeparableConv2D(paddle.nn.Layer):
    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        dilation=1,
        groups=None,
        weight_attr=None,
        bias_attr=None,
        data_format="NCHW",
    ):
        super(SeparableConv2D, self).__init__()
        self._padding = padding
        self._stride = stride
        self._dilation = dilation
        self._in_channels = in_channels
        self._data_format = data_format
        filter_shape = [in_channels, 1] + self.convert_to_list(kernel_size, 2, "kernel_size")
        self.weight_conv = self.create_parameter(shape=filter_shape, attr=weight_attr)
        filter_shape = [out_channels, in_channels] + self.convert_to_list(1, 2, "kernel_size")
        self.weight_pointwise = self.create_parameter(shape=filter_shape, attr=weight_attr)
        self.bias_pointwise = self.create_parameter(shape=[out_channels], attr=bias_attr, is_bias=True)

    def convert_to_list(self, value, n, name, dtype=int):
        if isinstance(value, dtype):
            return [
                value,
            ] * n
        return list(value)

    def forward(self, inputs):
        conv_out = F.conv2d(
            inputs,
            self.weight_conv,
            padding=self._padding,
            stride=self._stride,
            dilation=self._dilation,
            groups=self._in_channels,
            data_format=self._data_format,
        )
        return F.conv2d(
            conv_out,
            self.weight_pointwise,
            bias=self.bias_pointwise,
            padding=0,
            stride=1,
            dilation=1,
            groups=1,
            data_format=self._data_format,
        )


class Encoder(paddle.nn.Layer):
    def __init__(self, in_channels, out_channels):
        super(Encoder, self).__init__()
        self.relus = paddle.nn.LayerList([paddle.nn.ReLU() for i in range(2)])
        self.separable_conv_01 = SeparableConv2D(in_channels, out_channels, kernel_size=3, padding="same")
        self.bns = paddle.nn.LayerList([paddle.nn.BatchNorm2D(out_channels) for i in range(2)])
        self.separable_conv_02 = SeparableConv2D(out_channels, out_channels, kernel_size=3, padding="same")
        self.pool = paddle.nn.MaxPool2D(kernel_size=3, stride=2, padding=1)
        self.residual_conv = paddle.nn.Conv2D(in_channels, out_channels, kernel_size=1, stride=2, padding="same")

    def forward(self, inputs):
        y = self.bns[0](self.separable_conv_01(self.relus[0](inputs)))
        y = self.bns[1](self.separable_conv_02(self.relus[1](y)))
        y = self.pool(y)
        return paddle.add(y, self.residual_conv(inputs))


class Decoder(paddle.nn.Layer):
    def __init__(self, in_channels, out_channels):
        super(Decoder, self).__init__()
        self.relu = paddle.nn.ReLU()
        self.conv_transpose = paddle.nn.Conv2DTranspose(in_channels, out_channels, kernel_size=3, padding=1)
        self.bn = paddle.nn.BatchNorm2D(out_channels)
        self.upsample = paddle.nn.Upsample(scale_factor=2.0)
        self.residual_conv = paddle.nn.Conv2D(in_channels, out_channels, kernel_size=1, padding="same")

    def forward(self, inputs):
        y = self.upsample(self.bn(self.conv_transpose(self.relu(inputs))))
        return paddle.add(y, self.residual_conv(self.upsample(inputs)))


class PetNet(paddle.nn.Layer):
    def __init__(self, num_classes):
        super(PetNet, self).__init__()
        self.conv_1 = paddle.nn.Conv2D(3, 8, kernel_size=3, stride=2, padding="same")
        self.bn = paddle.nn.BatchNorm2D(8)
        self.relu = paddle.nn.ReLU()
        self.encoders = paddle.nn.LayerList([Encoder(8, 12)])
        self.decoders = paddle.nn.LayerList([Decoder(12, 8), Decoder(8, 8)])
        self.output_conv = paddle.nn.Conv2D(8, num_classes, kernel_size=3, padding="same")

    def forward(self, inputs):
        y = self.relu(self.bn(self.conv_1(inputs)))
        for e in self.encoders:
            y = e(y)
        for d in self.decoders:
            y = d(y)
        return self.output_conv(y)


paddle.seed(1)
network = PetNet(4)
model = paddle.Model(network)
model.summary(
    (
        -1,
        3,
    )
    + (16, 16)
)
optim = paddle.optimizer.RMSProp(
    learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-07, centered=False, parameters=model.parameters()
)
model.prepare(optim, paddle.nn.CrossEntropyLoss(axis=1))
import numpy as np


class Pets(paddle.io.Dataset):
    def __getitem__(self, i):
        r = np.random.RandomState(i)
        return r.rand(3, 16, 16).astype("float32"), r.randint(0, 4, (1, 16, 16)).astype("int64")

    def __len__(self):
        return 8


model.fit(Pets(), Pets(), epochs=2, batch_size=4, verbose=1)
out = model.predict(Pets(), batch_size=4)
print(len(out), out[0][0].shape)
