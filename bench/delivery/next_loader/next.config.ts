import type { NextConfig } from "next";
import { WIDTHS } from "./wetplate-loader";

const config: NextConfig = {
  images: {
    loader: "custom",
    loaderFile: "./wetplate-loader.js",
    imageSizes: WIDTHS.filter((width) => width < 480),
    deviceSizes: WIDTHS.filter((width) => width >= 480),
  },
};

export default config;
