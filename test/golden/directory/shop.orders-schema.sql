/*!40101 SET NAMES utf8mb4*/;
/*!40014 SET FOREIGN_KEY_CHECKS=0*/;
/*!40101 SET SQL_MODE='NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'*/;
/*!40103 SET TIME_ZONE='+00:00' */;
CREATE TABLE `orders` (
  `id` bigint NOT NULL,
  `note` text,
  `raw` varbinary(20),
  `price` decimal(10,2),
  `at` datetime,
  PRIMARY KEY (`id`)
);
